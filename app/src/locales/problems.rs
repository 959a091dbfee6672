//! What went wrong, and what to do about it.

use protocol::problem::Fault;
use protocol::{Code, Problem};

use super::Messages;
use protocol::api::pages::Language;

impl Messages {
    /// A sentence for a code that says what to do.
    pub fn problem(&self, code: Code) -> &'static str {
        let (chinese, english) = sentences(code);
        match self.tag {
            Language::Chinese => chinese,
            Language::English => english,
        }
    }

    /// What an answer says: of its first field at fault, else of its code.
    pub fn says_problem(&self, problem: &Problem) -> String {
        problem.fields.first().map_or_else(
            || self.problem(problem.code).to_owned(),
            |field| self.fault(&field.field, field.fault),
        )
    }

    /// What is wrong with a field, and what to do.
    pub fn fault(&self, field: &str, fault: Fault) -> String {
        let chinese = self.tag == Language::Chinese;
        match fault {
            Fault::Missing if field == "members" => if chinese {
                "请至少选择一位联系人。"
            } else {
                "Choose at least one contact."
            }
            .to_owned(),
            Fault::Missing => if chinese {
                "请填写这一项。"
            } else {
                "Fill this in."
            }
            .to_owned(),
            Fault::TooShort { min } => {
                if chinese {
                    format!("太短了，至少 {min} 个字符。")
                } else {
                    format!("Too short: at least {min} characters.")
                }
            }
            Fault::TooLong { max } => {
                if chinese {
                    format!("太长了，最多 {max}。")
                } else {
                    format!("Too long: {max} at most.")
                }
            }
            Fault::Taken => if chinese {
                "已经有人使用，请换一个。"
            } else {
                "Somebody has this already; choose another."
            }
            .to_owned(),
            Fault::Wrong => if chinese {
                "不对，请核对后重试。"
            } else {
                "That is not the right one. Check it and try again."
            }
            .to_owned(),
            Fault::Malformed if field == "handle" => self.handle_hint.to_owned(),
            Fault::Malformed | Fault::Unknown => if chinese {
                "含有不允许的字符或格式，请修改。"
            } else {
                "It has characters or a form that are not allowed; change it."
            }
            .to_owned(),
        }
    }
}

#[rustfmt::skip]
const fn sentences(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::Malformed | Code::UnsupportedMediaType | Code::MethodNotAllowed => ("服务器读不懂这个请求，请刷新页面再试。", "The server could not read the request. Reload the page and try again."),
        Code::SessionEnded => ("已从另一台设备退出，请重新登录。", "You were logged out from another device. Log in again."),
        Code::Unauthenticated => ("登录已失效，请重新登录。", "You are logged out. Log in again."),
        Code::WrongCredentials => ("账号或密码不对，请核对后重试。", "Handle or password is wrong. Check both and try again."),
        Code::SecondFactor => ("还需要输入验证码。", "The code from your app is needed too."),
        Code::ForeignOrigin => ("表单已过期，请重新提交。", "The form was too old. Send it again."),
        Code::LogInExpired | Code::ProviderRefused | Code::ProviderUnavailable | Code::ProviderDistrusted | Code::IdentityTaken | Code::LastWayIn => at_providers(code),
        Code::Forbidden => ("你没有这个权限。", "You are not allowed to do this."),
        Code::NotFound => ("找不到了，可能已被删除。请返回列表。", "Not found; it may be gone. Go back to the list."),
        Code::WrongAccount => ("这个浏览器里登录了另一个账号，请刷新页面。", "Another account is logged in here. Reload the page."),
        Code::PayloadMismatch => ("这条消息的编号已被另一条使用，没有发送。请复制内容后重新写一条。", "This message's number was used for another one, and it was not sent. Copy its text into a new message."),
        Code::OutOfOrder => ("前面的消息还没有送到，稍后会一起重发。", "What was written before it has not arrived yet; all will be sent again."),
        Code::HandleTaken => ("账号已被使用，请换一个。", "This handle is taken. Choose another."),
        Code::Conflict => ("已经存在，且内容不同。请刷新页面查看。", "It exists already and differs. Reload the page to see it."),
        Code::Expired => ("等待太久，已不能发送。请重发。", "It waited too long to be sent. Send it again."),
        Code::TooLarge => ("内容太大，请分成几次发送。", "Too large. Send it in parts."),
        Code::Invalid => ("有内容不符合要求，请修改后重试。", "Something is not right in what was entered. Correct it and try again."),
        Code::ClockAhead => ("这台设备的时钟太快，请校正时间后重发。", "This device's clock is ahead. Set it right and send again."),
        Code::NotAMember => ("你不在这个群聊中，请让群成员邀请你。", "You are not in this group. Ask a member to bring you in."),
        Code::NotAContact => ("你还不是对方的好友，请先申请添加。", "You are not each other's contact. Send a request first."),
        Code::Blocked => ("你已将对方加入黑名单，移出后才能发送。", "You blocked them. Unblock them to write."),
        Code::Muted => ("你被禁言了，请等禁言结束后重发。", "You are muted. Send it again when the time is over."),
        Code::AllMuted => ("群里开启了全员禁言，请等解除后重发。", "Only administrators may write now. Send it again later."),
        Code::NotAllowed => ("只有群主或管理员可以这样做。", "Only the owner or administrators may do this."),
        Code::RecallWindowPassed => ("发出太久，已不能撤回。可以从你的设备上删除。", "It is too late to recall this. You can delete it on your device."),
        Code::AlreadyRecalled => ("消息已经撤回了。", "It was recalled already."),
        Code::NoSuchTarget => ("那条消息已经不在了。请取消引用后重发。", "That message is gone. Send again without quoting it."),
        Code::TargetNotAMember => ("对方不在这个群聊中，请刷新成员列表。", "They are not in this group. Look at the list of members again."),
        Code::AlreadyAMember => ("对方已经在群聊中。", "They are in the group already."),
        Code::GroupFull => ("群聊已满员。请另建一个群。", "The group is full. Start another one."),
        Code::OwnerMustTransfer => ("群主要先转让群聊才能退出。", "Hand the group over to somebody before you leave."),
        Code::NotAGroup => ("只有群聊可以这样做。", "Only groups can do this."),
        Code::NothingToChange => ("没有变化，不需要修改。", "Nothing would change."),
        Code::Rejected => ("服务器无法保存，请重发或复制内容。", "The server could not store it. Send it again, or copy its text."),
        Code::TooManyRequests => ("操作太频繁，请稍等再试。", "Too much at once. Wait a moment and try again."),
        Code::Internal => ("服务器出错了，请稍后再试。", "Something went wrong on the server. Try again later."),
        Code::Unavailable => ("服务器暂时不可用，请稍后再试。", "The server is not available for the moment. Try again later."),
        Code::Unknown => ("没有成功，请稍后再试。", "It did not work. Try again later."),
    }
}

/// What went wrong with an account elsewhere is said on pages without script only: browsers do not
/// download it.
#[cfg(feature = "ssr")]
#[rustfmt::skip]
const fn at_providers(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::LogInExpired => ("这次登录等得太久、已经用过，或不是在这个浏览器里开始的。请重新开始。", "This log-in took too long, was used already, or was begun in another browser. Begin again."),
        Code::ProviderRefused => ("对方平台没有同意，或你取消了授权，所以没有完成。可以再试一次，或换一种方式。", "The provider did not agree, or you declined there, so nothing was done. Try again, or choose another way."),
        Code::ProviderUnavailable => ("对方平台没有正常应答，没有完成。请稍后再试，或换一种方式。", "The provider does not answer as it should, so nothing was done. Try again later, or choose another way."),
        Code::ProviderDistrusted => ("对方平台的答复无法核实，没有完成。请再试一次；若仍然如此，请告诉管理员。", "What the provider said could not be verified, so nothing was done. Try again, and tell the administrator if it stays so."),
        Code::IdentityTaken => ("那个账号已经绑定了别的用户。请先在那边解除绑定，或换一个账号。", "That account is linked to somebody else here. Unlink it there first, or use another one."),
        Code::LastWayIn => ("这是你最后一种登录方式，不能解除。请先绑定另一个账号。", "This is your last way to log in, so it stays. Link another account first."),
        _ => sentences(Code::Unknown),
    }
}

#[cfg(not(feature = "ssr"))]
const fn at_providers(_: Code) -> (&'static str, &'static str) {
    sentences(Code::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_says_something_in_both_languages() {
        for code in Code::ALL {
            let (chinese, english) = sentences(*code);
            assert!(
                chinese.ends_with('。') && english.ends_with('.'),
                "{code:?}"
            );
        }
    }
}
