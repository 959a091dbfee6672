//! Sentences around a number or a name.

use protocol::api::pages::Language;

use super::Messages;

impl Messages {
    fn chinese(&self) -> bool {
        self.tag == Language::Chinese
    }

    fn pick(&self, chinese: String, english: String) -> String {
        if self.chinese() { chinese } else { english }
    }

    /// One or more, as English wants it.
    fn count(count: u64, one: &str, many: &str) -> String {
        [
            count.to_string().as_str(),
            " ",
            if count == 1 { one } else { many },
        ]
        .concat()
    }

    /// `聊天，15 条未读`.
    pub fn with_unread(&self, what: &str, count: u64) -> String {
        if count == 0 {
            return what.to_owned();
        }
        self.pick(
            format!("{what}，{count} 条未读"),
            format!("{what}, {count} unread"),
        )
    }

    /// For those who hear the badge.
    pub fn unread_count(&self, count: u64) -> String {
        self.pick(format!("{count} 条未读"), format!("{count} unread"))
    }

    /// `通讯录，1 个新请求`.
    pub fn with_requests(&self, what: &str, count: u64) -> String {
        if count == 0 {
            return what.to_owned();
        }
        self.pick(
            format!("{what}，{count} 个新申请"),
            format!(
                "{what}, {}",
                Self::count(count, "new request", "new requests")
            ),
        )
    }

    /// Before the preview of a silenced conversation.
    pub fn silenced_count(&self, count: u64) -> String {
        self.pick(format!("[{count}条]"), format!("[{count}]"))
    }

    /// On the buttons that lead to new messages.
    pub fn new_messages(&self, count: u64) -> String {
        self.pick(
            format!("{count} 条新消息"),
            Self::count(count, "new message", "new messages"),
        )
    }

    /// On a seam.
    pub fn expired(&self, count: u64) -> String {
        self.pick(
            format!("更早的 {count} 条消息已过期"),
            format!(
                "{} expired before this device had them",
                Self::count(count, "message", "messages")
            ),
        )
    }

    /// In an empty composer.
    pub fn send_to(&self, title: &str) -> String {
        self.pick(format!("发送给 {title}"), format!("Message {title}"))
    }

    /// Above the composer.
    pub fn replying_to(&self, name: &str) -> String {
        self.pick(format!("引用 {name}"), format!("Quoting {name}"))
    }

    /// Who is writing in a group.
    pub fn typing_name(&self, name: &str) -> String {
        self.pick(format!("{name} 正在输入…"), format!("{name} is typing…"))
    }

    /// After an import.
    pub fn imported(&self, count: u64) -> String {
        self.pick(
            format!("已导入，新增 {count} 条记录。"),
            format!(
                "Imported; {} new.",
                Self::count(count, "event is", "events are")
            ),
        )
    }

    /// The quiet line after the history was checked.
    pub fn checked(&self, repaired: u64) -> String {
        if repaired == 0 {
            return self.pick("已校准".to_owned(), "History checked".to_owned());
        }
        self.pick(
            format!("已校准，按服务器修正了 {repaired} 处"),
            format!(
                "History checked; {} put right as on the server",
                Self::count(repaired, "event", "events")
            ),
        )
    }

    /// Before logging out with a full outbox.
    pub fn still_waiting(&self, count: usize) -> String {
        self.pick(
            format!("还有 {count} 条消息没有发出：保留记录，下次登录后再发送；清除记录，它们就丢失了。"),
            format!(
                "{} not been sent: keep the history to send them after your next log-in; delete it, and they are lost.",
                Self::count(count as u64, "message has", "messages have")
            ),
        )
    }

    /// Leads to all members of a large group.
    pub fn all_members(&self, count: usize) -> String {
        self.pick(
            format!("查看全部 {count} 位成员"),
            format!("All {count} members"),
        )
    }

    /// On what takes somebody out of a choice.
    pub fn take_out(&self, name: &str) -> String {
        self.pick(format!("取消选择 {name}"), format!("Do not choose {name}"))
    }

    /// `1.5 MB（可用 2.0 GB）`.
    pub fn used(&self, bytes: u64, quota: Option<u64>) -> String {
        let used = size(bytes);
        match quota.map(size) {
            Some(quota) => self.pick(
                format!("{used}（浏览器最多给 {quota}）"),
                format!("{used} of at most {quota}"),
            ),
            None => used,
        }
    }

    /// Somebody took a message back.
    pub fn recalled_by(&self, name: &str) -> String {
        self.pick(
            format!("{name} 撤回了一条消息"),
            format!("{name} recalled a message"),
        )
    }

    /// A group was made.
    pub fn created(&self, who: &str, whom: &str) -> String {
        self.pick(
            format!("{who} 邀请 {whom} 加入了群聊"),
            format!("{who} made the group with {whom}"),
        )
    }

    /// Members came.
    pub fn invited(&self, who: &str, whom: &str) -> String {
        self.pick(
            format!("{who} 邀请 {whom} 加入了群聊"),
            format!("{who} brought {whom} into the group"),
        )
    }

    /// Members were taken out.
    pub fn removed(&self, who: &str, whom: &str) -> String {
        self.pick(
            format!("{who} 将 {whom} 移出了群聊"),
            format!("{who} removed {whom} from the group"),
        )
    }

    /// A member went.
    pub fn left(&self, who: &str) -> String {
        self.pick(format!("{who} 退出了群聊"), format!("{who} left the group"))
    }

    /// The group has another name, or none.
    pub fn renamed(&self, who: &str, name: Option<&str>) -> String {
        match name {
            Some(name) => self.pick(
                format!("{who} 将群聊名称改为“{name}”"),
                format!("{who} renamed the group to “{name}”"),
            ),
            None => self.pick(
                format!("{who} 清除了群聊名称"),
                format!("{who} took the group's name away"),
            ),
        }
    }

    /// The group has another announcement.
    pub fn announced(&self, who: &str, text: &str) -> String {
        if text.is_empty() {
            return format!("{who} {}", self.announcement_cleared);
        }
        self.pick(
            format!("{who} 发布了群公告：{text}"),
            format!("{who} put up an announcement: {text}"),
        )
    }

    /// A member has another role.
    pub fn role_set(&self, who: &str, administrator: bool) -> String {
        if administrator {
            self.pick(
                format!("{who} 成为管理员"),
                format!("{who} is an administrator now"),
            )
        } else {
            self.pick(
                format!("{who} 不再是管理员"),
                format!("{who} is no longer an administrator"),
            )
        }
    }

    /// The group has another owner.
    pub fn transferred(&self, who: &str) -> String {
        self.pick(
            format!("{who} 成为新群主"),
            format!("{who} owns the group now"),
        )
    }

    /// A member may not write for a time, or may again.
    pub fn member_muted(&self, who: &str, until: Option<&str>) -> String {
        match until {
            Some(time) => self.pick(
                format!("{who} 被禁言至 {time}"),
                format!("{who} may not write until {time}"),
            ),
            None => self.pick(
                format!("{who} 已解除禁言"),
                format!("{who} may write again"),
            ),
        }
    }

    /// `小明、小红`, `Ann, Ben`.
    pub fn list(&self, names: &[String]) -> String {
        names.join(if self.chinese() { "、" } else { ", " })
    }

    /// For those who hear the badge of new requests.
    pub fn open_requests(&self, count: u64) -> String {
        self.pick(
            format!("{count} 个新申请"),
            Self::count(count, "new request", "new requests"),
        )
    }

    /// `小林：好的`.
    pub fn says(&self, name: &str, text: &str) -> String {
        [name, if self.chinese() { "：" } else { ": " }, text].concat()
    }
}

/// Bytes as people read them, with one decimal.
fn size(bytes: u64) -> String {
    let units = ["KB", "MB", "GB", "TB"];
    let mut tenths = bytes.saturating_mul(10) / 1_000;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < units.len() {
        tenths /= 1_000;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, units[unit])
}

#[cfg(test)]
mod tests {
    use super::super::messages;
    use super::size;
    use protocol::api::pages::Language;

    #[test]
    fn english_counts_in_singular_and_plural() {
        let english = messages(Language::English);
        assert_eq!(english.new_messages(1), "1 new message");
        assert_eq!(english.new_messages(2), "2 new messages");
        assert_eq!(messages(Language::Chinese).new_messages(2), "2 条新消息");
    }

    #[test]
    fn sizes_are_said_in_the_unit_that_fits() {
        assert_eq!(size(0), "0.0 KB");
        assert_eq!(size(1_540), "1.5 KB");
        assert_eq!(size(999_999), "999.9 KB");
        assert_eq!(size(1_000_000), "1.0 MB");
        assert_eq!(size(2_345_678_901), "2.3 GB");
        assert_eq!(size(u64::MAX), "1844674.4 TB");
    }
}
