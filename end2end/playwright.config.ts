import { defineConfig } from '@playwright/test';
import { services } from './fixtures/cluster.ts';

/**
 * `cargo xtask test end-to-end` builds the server, names it in ZSPCHAT_BIN, and reads the counts
 * from the JSON report, whose path it gives in PLAYWRIGHT_JSON_OUTPUT_FILE.
 */
export default defineConfig({
  testDir: 'tests',
  // What is shown of services needs them.
  testIgnore: services ? [] : ['away.spec.ts'],
  outputDir: 'test-results',
  // Each test has a server and people of its own, so files and tests may run in any order.
  fullyParallel: true,
  workers: 2,
  // A test that only passes when it is repeated has found something.
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ? [['list'], ['json']] : [['list']],
  use: {
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    actionTimeout: 10_000,
    navigationTimeout: 20_000,
    screenshot: 'only-on-failure',
    // Slow to record: `cargo xtask test end-to-end -- --trace on` when one is wanted.
    trace: 'off',
    launchOptions: {
      // The system's own browser: none is downloaded.
      executablePath: process.env.ZSPCHAT_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-dev-shm-usage',
      ],
    },
  },
});
