import { defineConfig } from '@playwright/test';
import base from '../playwright.config.ts';

/** For `cargo xtask chaos`: one run of browsers, as long as the faults last. */
export default defineConfig({ ...base, testDir: '.', outputDir: '../test-results', timeout: 0 });
