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
    device_ended: "设备已退出。", "The device is logged out.";
    others_ended: "其他设备都已退出。", "All other devices are logged out.";
}
