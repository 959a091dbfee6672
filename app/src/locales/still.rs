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
    qr_log_in: "扫码登录", "A QR code";
    qr_title: "扫码登录", "Log in with another device";
    qr_scan: "用已登录的手机扫描二维码，再输入下面的数字。", "Scan this with a phone that is logged in, then type the number below there.";
    qr_number: "核对数字", "Number to compare";
    qr_lasts: "两分钟内有效，只能用一次。确认后，这里会自动登录。", "Good for two minutes, and once. When it is confirmed, this page goes on by itself.";
    qr_by_hand: "不能扫描？在已登录的设备上打开“设置 › 登录与安全”，输入", "Cannot scan it? On a device that is logged in, open Settings, Log-in and security, and type";
    qr_is_shared: "这是公用电脑", "Others use this computer too";
    qr_shared: "公用电脑：关闭浏览器后不留下记录。", "A shared computer: nothing is kept here once the browser is closed.";
    qr_not_shared: "这不是公用电脑", "Nobody else uses this computer";
    qr_over: "二维码已过期或已用过。", "The QR code has expired, or was used.";
    qr_refused: "登录已被拒绝。", "The log-in was refused.";
    qr_another: "换一个二维码", "Show another one";
    qr_password: "用密码登录", "Log in with a password";
    qr_part: "让另一台设备登录", "Let another device in";
    qr_part_text: "在新设备的登录页选择“扫码登录”，用这台设备的相机扫描，或在这里输入二维码下方的代码。", "On the new device, choose the QR code on the log-in page. Scan it with this device's camera, or type the code below it here.";
    qr_code: "二维码下方的代码", "Code below the QR code";
    qr_gone: "这个代码现在不能用：已过期、用过、被拒绝，或数字错了三次。请在新设备上换一个二维码。", "This code cannot be used: it has expired, was used or refused, or the number was wrong three times. Show another QR code on the new device.";
    qr_confirm: "确认登录", "Confirm a log-in";
    qr_asks: "这台设备想登录你的账号：", "This device wants to log in to your account:";
    qr_asked_at: "请求于", "Asked";
    qr_same_network: "与你现在的网络地址相同", "The same network address as yours now";
    qr_elsewhere: "与你现在的网络地址不同", "Not the network address you have now";
    qr_warning: "只有当它就在你面前，而且是你自己打开的这个网站，才能确认。别人发来的二维码、代码和数字，一律拒绝：确认后，对方就能以你的身份收发消息。", "Confirm only if it is in front of you, and you opened this site on it yourself. Refuse whatever others have sent you, be it a QR code, a code or a number: they could read and write in your name.";
    qr_type_number: "新设备上显示的四位数字", "The four digits that the new device shows";
    qr_is_elsewhere: "它的网络与我的不同（例如手机用流量），但它就在我面前", "It is on another network than mine (my phone on mobile data, perhaps), and in front of me";
    qr_let_in: "让它登录", "Let it in";
    qr_refuse: "拒绝", "Refuse";
    device_let_in: "新设备几秒内就会登录。", "The new device is logged in within seconds.";
    device_turned_away: "已拒绝，那台设备没有登录。", "Refused: that device is not logged in.";
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
    push_here: "这个浏览器", "This browser";
    push_text: "你没有在看本站时，新消息由浏览器显示通知；正在别的设备上使用时没有。内容加密后经浏览器厂商的推送服务送达。", "While you are not looking at this site, your browser shows a notification of each new message; none while you are here on another device. What it says travels encrypted, by the push service of your browser's maker.";
    push_on: "已开启。", "They are on.";
    push_turn_on: "在这个浏览器开启", "Turn on for this browser";
    push_no_keys: "运行本站的人还没有设置推送密钥，所以没有通知。设置方法见 README 的“离线通知”。", "Whoever runs this site has not made keys for Web Push, so that there are no notifications. The README says how, under “Notifications while away”.";
    push_no_script: "这里的按钮需要脚本：浏览器只让脚本订阅通知。其他设置不需要。", "Turning them on needs script: browsers let only script subscribe. The other settings do not.";
    push_insecure: "无法开启：浏览器只在 https 地址提供通知，而这个地址不是。", "They cannot be turned on: browsers offer notifications on https addresses only, and this is none.";
    push_unsupported: "无法开启：这个浏览器不支持 Web Push，或在隐私窗口里不提供。在 iPhone 和 iPad 上，先用“添加到主屏幕”，再从那里打开。", "They cannot be turned on: this browser has no Web Push, or not in a private window. On iPhone and iPad, add this site to the Home Screen first, and open it there.";
    push_denied: "浏览器已禁止本站的通知。点地址栏左边的图标，把“通知”改为允许，再回到这里。", "The browser was told to block notifications of this site. Click the icon beside its address, allow notifications, and come back here.";
    push_refused: "没有开启：这个服务器不向这个浏览器的推送服务发送，或者已有 20 个浏览器。", "They are not on: this server does not speak to this browser's push service, or 20 browsers are told already.";
    push_failed: "没有开启：浏览器联系不上它的推送服务，或者服务器没有应答。请稍后再试。", "They are not on: the browser could not reach its push service, or the server did not answer. Try again in a moment.";
    push_wishes: "通知什么", "What to tell";
    push_wishes_text: "对你的所有浏览器有效。设为免打扰的聊天从不通知。", "For all your browsers. Muted conversations are never told.";
    push_with_text: "显示消息内容", "Show what was written";
    push_with_text_hint: "关闭后只写来自谁，内容不会发送", "Else only whom it is from: what was written is not sent along";
    push_mentions_only: "群聊只通知 @ 我的消息", "Of groups, only messages that mention me";
    push_quiet: "免打扰时段", "Quiet hours";
    push_quiet_hint: "这段时间里的消息之后也不通知", "What comes in these hours is not told later either";
    push_from: "从", "From";
    push_to: "到", "To";
    push_zone: "时区", "Time zone";
    push_zone_hint: "例如 Asia/Shanghai", "Such as Europe/Berlin";
    push_browsers: "接收通知的浏览器", "Browsers that are told";
    push_none: "还没有。", "None yet.";
    push_since: "开启于", "Turned on";
    push_remove: "关闭通知", "Turn off";
    push_saved: "已保存。", "Saved.";
    push_removed: "那个浏览器不再接收通知。", "That browser is told no more.";
    push_turned_on: "这个浏览器的通知已开启。", "Notifications are on in this browser.";
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
