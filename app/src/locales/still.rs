//! What only pages without script say: browsers do not download it.

use protocol::api::pages::Language;

use super::table::messages;

messages! {
    /// Every sentence that only pages without script say, in one language.
    StillMessages
    devices: "登录的设备", "Where you are logged in";
    devices_text: "退出一台设备后，它在下次联网时会清除本账号的聊天记录。", "A device that you log out deletes this account's history from itself when it next comes online.";
    this_device: "这台设备", "This device";
    shared: "公用电脑", "A shared computer";
    unknown_device: "未知设备", "An unknown device";
    address: "地址", "Address";
    since: "登录于", "Logged in";
    seen: "最近使用", "Last used";
    expires: "不使用则失效于", "Ends unless used by";
    end: "退出", "Log out";
    end_others: "退出其他所有设备", "Log out all other devices";
    no_others: "没有其他设备登录。", "You are logged in nowhere else.";
    change_password: "修改密码", "Change the password";
    change_password_text: "修改后，其他所有设备都会退出。", "All other devices are logged out then.";
    current_password: "当前密码", "Current password";
    new_password: "新密码", "New password";
    password_changed: "密码已修改，其他设备已退出。", "The password is changed, and all other devices are logged out.";
    factor: "两步验证", "Two-step log-in";
    factor_text: "登录时，除密码外还需要手机应用里的六位验证码。", "To log in, a code from an app on your phone is needed besides the password.";
    factor_begin: "开启两步验证", "Turn it on";
    factor_scan: "用验证器应用扫描这个二维码。", "Scan this with an authenticator app.";
    factor_picture: "二维码", "QR code";
    factor_type: "无法扫描？手动输入：", "Cannot scan it? Type this:";
    factor_confirm: "验证并开启", "Check the code and turn it on";
    factor_begun: "两步验证已开启。把这些恢复码保存在安全的地方：手机丢失时，每个可以登录一次。它们不会再显示。", "It is on. Keep these recovery codes in a safe place: without your phone, each lets you in once. They are not shown again.";
    factor_kept: "已保存", "I have kept them";
    factor_left: "剩余恢复码", "Recovery codes left";
    factor_remove: "关闭两步验证", "Turn it off";
    factor_removed: "两步验证已关闭。", "Two-step log-in is off.";
    enter_code: "输入验证码", "Enter the code";
    code: "验证码", "Code";
    code_hint: "验证器应用里的六位数字，或一个恢复码", "Six digits from your authenticator app, or a recovery code";
    go_on: "继续", "Go on";
    start_over: "重新登录", "Start over";
    device_ended: "设备已退出。", "The device is logged out.";
    others_ended: "其他设备都已退出。", "All other devices are logged out.";
    identities: "用其他账号登录", "Log in with other accounts";
    identities_text: "绑定后，也可以用那个平台的账号登录这里。", "Once it is linked, you can log in here with that account too.";
    link: "绑定", "Link";
    unlink: "解除绑定", "Unlink";
    linked_since: "绑定于", "Linked";
    setup: "设置管理员", "Set up the administrator";
    setup_text: "这里还没有管理员。输入服务器启动时打印的设置码，创建管理员账号。", "There is no administrator yet. With the code that the server printed when it started, make the account that runs this installation.";
    setup_code: "设置码", "Setup code";
    setup_code_hint: "在服务器的终端或日志里", "In the server's terminal or log";
    setup_done: "创建管理员", "Make the administrator";
    setup_other: "不是管理员？", "Not the administrator?";
    tokens: "程序访问令牌", "Access tokens for programs";
    tokens_text: "机器人和程序用令牌以你的名义访问。令牌只显示一次，请像密码一样保管。", "Bots and programs act in your name by a token. It is shown once: keep it like a password.";
    token_docs: "接口文档", "What programs can do";
    token_name: "名称", "Name";
    token_name_hint: "例如 值班机器人", "Such as: on-call bot";
    token_scope: "权限", "What it may do";
    token_read: "只读", "Read";
    token_write: "读取和发送", "Read and write";
    token_days: "有效期", "Good for";
    token_make: "创建令牌", "Make a token";
    token_made: "令牌已创建。现在就复制下来：它不会再显示。", "The token is made. Copy it now: it is not shown again.";
    token_end: "停用", "End";
    token_ended: "令牌已停用。", "The token is ended.";
    token_none: "还没有令牌。", "There are no tokens yet.";
    token_since: "创建于", "Made";
    token_expires: "失效于", "Ends";
    linked: "已绑定，以后也可以用它登录。", "It is linked: you can log in with it from now on.";
    unlinked: "已解除绑定。", "It is unlinked.";
}

impl StillMessages {
    /// How long a token is good.
    pub fn days(&self, days: u32) -> String {
        match self.tag {
            Language::Chinese => format!("{days} 天"),
            Language::English => format!("{days} days"),
        }
    }

    /// Above the handle that a newcomer chooses.
    pub fn verified_by(&self, provider: &str) -> String {
        match self.tag {
            Language::Chinese => {
                format!("{provider} 已确认你的身份。选一个账号，以后就用 {provider} 登录。")
            }
            Language::English => format!(
                "{provider} knows you. Choose a handle, and log in with {provider} from now on."
            ),
        }
    }
}
