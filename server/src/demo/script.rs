//! Who they are, and what they say.

/// One of them.
pub struct Person {
    pub handle: &'static str,
    pub name: &'static str,
    pub signature: &'static str,
    /// What they say when they ask to become a contact.
    pub note: &'static str,
}

/// Where something is said.
#[derive(Clone, Copy)]
pub enum Place {
    /// To all of them.
    Group,
    /// To that one of [`PEOPLE`].
    With(usize),
}

/// Something that one of them says.
#[derive(Clone, Copy)]
pub struct Line {
    pub minutes_ago: i64,
    /// Which of [`PEOPLE`].
    pub who: usize,
    pub place: Place,
    pub text: &'static str,
    /// Which of [`SCRIPT`] this answers.
    pub reply_to: Option<usize>,
    /// Which of [`PEOPLE`] are called.
    pub mentions: &'static [usize],
}

const LIN: usize = 0;
const WANG: usize = 1;
const EMMA: usize = 2;
const OMAR: usize = 3;

pub const PEOPLE: [Person; 4] = [
    Person {
        handle: "lin",
        name: "林小雨",
        signature: "山高水长，慢慢走。",
        note: "我是小雨",
    },
    Person {
        handle: "wang",
        name: "王磊",
        signature: "代码写完了吗？",
        note: "王磊，上次爬山认识的",
    },
    Person {
        handle: "emma",
        name: "Emma Clarke",
        signature: "Learning Chinese, one character at a time ✍️",
        note: "Hi, it’s Emma from the hiking group!",
    },
    Person {
        handle: "omar",
        name: "Omar عمر",
        signature: "",
        note: "Omar here, Emma gave me your name.",
    },
];

pub const GROUP: &str = "周末爬山 🏔️ Weekend hikers";

pub const ANNOUNCEMENT: &str =
    "周六早上 7:30 东门集合，带够水。\nSaturday 7:30 at the east gate. Bring enough water.";

const fn say(minutes_ago: i64, who: usize, place: Place, text: &'static str) -> Line {
    Line {
        minutes_ago,
        who,
        place,
        text,
        reply_to: None,
        mentions: &[],
    }
}

const fn answer(line: Line, to: usize) -> Line {
    Line {
        reply_to: Some(to),
        ..line
    }
}

const fn calling(line: Line, mentions: &'static [usize]) -> Line {
    Line { mentions, ..line }
}

use Place::{Group, With};

/// In order of time.
pub const SCRIPT: &[Line] = &[
    say(2750, LIN, Group, "大家好！这个周末天气不错，去爬山吗？"),
    say(2748, WANG, Group, "去！上次那条路太晒了，这次换一条吧"),
    say(
        2741,
        EMMA,
        Group,
        "Yes please 🙌 Somewhere with trees this time",
    ),
    say(2739, OMAR, Group, "I’m in. How long is the walk?"),
    answer(
        say(
            2735,
            LIN,
            Group,
            "大约 12 公里，四个小时。About 12 km, four hours with breaks.",
        ),
        3,
    ),
    say(2700, WANG, With(LIN), "我把相机也带上？"),
    say(2698, LIN, With(WANG), "好啊，山顶能看到湖"),
    say(2697, WANG, With(LIN), "👌"),
    say(1500, EMMA, With(LIN), "小雨，“集合”怎么读？"),
    say(
        1498,
        LIN,
        With(EMMA),
        "jí hé，就是大家在一个地方见面的意思 😊",
    ),
    say(1497, EMMA, With(LIN), "谢谢老师！"),
    say(
        1440,
        OMAR,
        Group,
        "Bus 47 goes right to the east gate, every 20 minutes:\nhttps://example.org/bus/47",
    ),
    say(1437, WANG, Group, "我开车，可以带三个人"),
    answer(
        say(1436, EMMA, Group, "That would be wonderful, thank you!"),
        12,
    ),
    say(
        1434,
        LIN,
        Group,
        "那就这么定了：7:00 地铁口见，一起坐王磊的车 🚗",
    ),
    say(600, OMAR, With(EMMA), "Do I need proper boots for this?"),
    say(
        596,
        EMMA,
        With(OMAR),
        "Trainers are fine if it doesn’t rain. It won’t ☀️",
    ),
    say(595, OMAR, With(EMMA), "شكراً 🙏"),
    say(
        180,
        WANG,
        Group,
        "我写了个小脚本查天气：\n```\ncurl -s 'https://example.org/weather?city=hangzhou' | jq .tomorrow\n```",
    ),
    say(176, EMMA, Group, "Of course you did 😂"),
    calling(
        say(
            60,
            LIN,
            Group,
            "@Emma Clarke 你可以带点水果吗？Could you bring some fruit?",
        ),
        &[EMMA],
    ),
    answer(say(52, EMMA, Group, "没问题！Oranges and apples 🍊🍎"), 20),
    say(31, WANG, With(LIN), "明天别迟到 😏"),
    calling(
        say(
            12,
            OMAR,
            Group,
            "@林小雨 @Emma Clarke Shall I bring the tea, or does one of you?",
        ),
        &[LIN, EMMA],
    ),
    say(9, WANG, Group, "明天见 👋"),
];
