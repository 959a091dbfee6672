//! The emoji that the picker offers, by group. Any other can be typed or pasted.

/// A group: the emoji that stands for it, and all of it, with spaces between.
pub struct Group {
    /// Stands for the group.
    pub sign: &'static str,
    /// Its name, in Chinese and English.
    pub name: (&'static str, &'static str),
    /// All of them.
    pub emoji: &'static str,
}

/// The groups, in order.
pub const GROUPS: &[Group] = &[
    Group {
        sign: "😀",
        name: ("表情", "Smileys"),
        emoji: "😀 😃 😄 😁 😆 😅 🤣 😂 🙂 🙃 😉 😊 😇 🥰 😍 🤩 😘 😗 ☺️ 😚 😙 🥲 😋 😛 😜 🤪 😝 🤑 🤗 🤭 🤫 \
     🤔 🤐 🤨 😐 😑 😶 😏 😒 🙄 😬 🤥 😌 😔 😪 🤤 😴 😷 🤒 🤕 🤢 🤮 🤧 🥵 🥶 🥴 😵 🤯 🤠 🥳 🥸 😎 \
     🤓 🧐 😕 😟 🙁 ☹️ 😮 😯 😲 😳 🥺 😦 😧 😨 😰 😥 😢 😭 😱 😖 😣 😞 😓 😩 😫 🥱 😤 😡 😠 🤬 😈 \
     👿 💀 ☠️ 💩 🤡 👹 👺 👻 👽 👾 🤖 😺 😸 😹 😻 😼 😽 💘 💝 💖 💗 💓 💞 💕 💟 ❣️ 💔 ❤️‍🔥 ❤️‍🩹 \
     ❤️ 🧡 💛 💚 💙 💜 🤎 🖤 🤍 💯 💢 💥 💫 💦",
    },
    Group {
        sign: "👍",
        name: ("手势", "Gestures"),
        emoji: "👋 🤚 🖐️ ✋ 🖖 👌 🤌 🤏 ✌️ 🤞 🤟 🤘 🤙 👈 👉 👆 🖕 👇 ☝️ 👍 👎 ✊ 👊 🤛 🤜 👏 🙌 👐 🤲 🤝 \
     🙏 ✍️ 💅 🤳 💪 🦾 🦿 🦵 🦶 👂 🦻 👃",
    },
    Group {
        sign: "🐻",
        name: ("自然", "Nature"),
        emoji: "🐵 🐒 🦍 🦧 🐶 🐕 🦮 🐩 🐺 🦊 🦝 🐱 🐈 🦁 🐯 🐅 🐆 🐴 🐎 🦄 🦓 🦌 🦬 🐮 🐂 🐃 🐄 🐷 🐖 🐗 🐽 \
     🐏 🐑 🐐 🐪 🐫 🦙 🦒 🐘 🦣 🦏 🦛 🐭 🐁 🐀 🐹 🐰 🐇 🐿️ 🦫 🦔 🦇 🐻 🐨 🐼 🦥 🦦 🦨 🦘 🦡 🐾 🦃 \
     🐔 🐓 🐣 🐤 🐥 🐦 🐧 🕊️ 🦅 🦆 🦢 🦉 🦤 🪶 🦩 🦚 🦜 🐸 🐊 🐢 🦎 🐍 🐲 🐉 🦕 🦖 🐳 🐋",
    },
    Group {
        sign: "🍜",
        name: ("食物", "Food"),
        emoji: "🍇 🍈 🍉 🍊 🍋 🍌 🍍 🥭 🍎 🍏 🍐 🍑 🍒 🍓 🫐 🥝 🍅 🫒 🥥 🥑 🍆 🥔 🥕 🌽 🌶️ 🫑 🥒 🥬 🥦 🧄 🧅 \
     🥜 🌰 🍞 🥐 🥖 🫓 🥨 🥯 🥞 🧇 🧀 🍖 🍗 🥩 🥓 🍔 🍟 🍕 🌭 🥪 🌮 🌯 🫔 🥙 🧆 🥚 🍳 🥘 🍲 🫕 🥣 \
     🥗 🍿 🧈 🧂 🥫 🍱 🍘 🍙 🍚 🍛 🍜 🍝 🍠 🍢 🍣 🍤 🍥 🥮",
    },
    Group {
        sign: "⚽",
        name: ("活动", "Activities"),
        emoji: "🎃 🎄 🎆 🎇 🧨 ✨ 🎈 🎉 🎊 🎋 🎍 🎎 🎏 🎐 🎑 🧧 🎀 🎁 🎗️ 🎟️ 🎫 🎖️ 🏆 🏅 🥇 🥈 🥉 ⚽ ⚾ 🥎 \
     🏀 🏐 🏈 🏉 🎾 🥏 🎳 🏏 🏑 🏒 🥍 🏓 🏸 🥊 🥋 🥅 ⛳ ⛸️",
    },
    Group {
        sign: "🚗",
        name: ("出行", "Travel"),
        emoji: "🌍 🌏 🌐 🗾 🧭 ⛰️ 🌋 🏕️ 🏖️ 🏝️ 🏞️ 🏛️ 🏗️ 🪨 🪵 🏘️ 🏚️ 🏡 🏢 🏤 🏥 🏨 🏩 🏫 🏬 🏯 🏰 \
     🗼 🗽 🕌 🛕 ⛩️ 🕋 ⛺ 🌁 🏙️ 🌄 🌆 🌇 ♨️ 🎠 🎢 💈 🚂 🚃 🚅 🚆 🚈 🚉 🚝 🚞 🚌 🚍 🚐 🚑 🚓 🚔 \
     🚖 🚗 🚙",
    },
    Group {
        sign: "💡",
        name: ("物品", "Things"),
        emoji: "👓 🥽 🥼 👔 👕 🧣 🧤 🧦 👗 🥻 🩱 🩳 👙 👛 👜 🛍️ 🎒 👞 👟 🥿 👠 🩰 👢 👒 🎩 🧢 🪖 📿 💄 💎 🔇 \
     🔉 🔊 📣 📯 🔕 🎼 🎶 🎙️ 🎛️ 🎤 📻 🎷 🎸 🎹 🎻 🪕 🪘 📱 ☎️ 📞 📠 🔋 💻 🖥️ ⌨️ 🖱️ 💽 💾 \
     📀 🧮 🎞️ 📽️ 📺 📷 📹 📼 🔎 🕯️ 🔦",
    },
    Group {
        sign: "✅",
        name: ("符号", "Signs"),
        emoji: "⚠️ 🚫 ⬆️ ➡️ ⬇️ ⬅️ ➕ ♾️ ❓ ❗ 💲 ♻️ ✅ ✔️ ❌ 🆗 🆘 🔴 🟡 🟢 🔵 🔘",
    },
];
