//! Sentences that hold nothing variable, both languages side by side.

use protocol::api::pages::Language;

macro_rules! messages {
    ($(#[$doc:meta])* $messages:ident $($name:ident: $chinese:literal, $english:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug, PartialEq, Eq)]
        pub struct $messages {
            /// Which language.
            pub tag: Language,
            $(#[doc = $english] pub $name: &'static str,)*
        }

        pub(super) static CHINESE: $messages =
            $messages { tag: Language::Chinese, $($name: $chinese,)* };
        pub(super) static ENGLISH: $messages =
            $messages { tag: Language::English, $($name: $english,)* };
    };
}
#[cfg(feature = "ssr")]
pub(super) use messages;

messages! {
    /// Every sentence of the interface in one language.
    Messages
    // Everywhere
    main_navigation: "主导航", "Main navigation";
    chats: "聊天", "Chats";
    contacts: "通讯录", "Contacts";
    me: "我", "Me";
    settings: "设置", "Settings";
    back: "返回", "Back";
    cancel: "取消", "Cancel";
    close: "关闭", "Close";
    confirm: "确定", "OK";
    save: "保存", "Save";
    change: "修改", "Change";
    saved: "已保存", "Saved";
    loading: "正在载入…", "Loading…";
    not_found: "没有这个页面", "There is no such page";
    not_found_hint: "回到聊天列表继续。", "Go back to your chats to continue.";
    online: "在线", "Online";
    offline: "离线", "Offline";
    invisible: "隐身", "Invisible";
    network_down: "网络不可用。可以继续阅读和书写，恢复后自动发送。", "No network. You can go on reading and writing; messages are sent when it is back.";
    signed_out: "登录已失效。", "You are logged out.";
    log_in_again: "重新登录", "Log in again";
    wrong_account: "这个浏览器里登录了另一个账号，本页不再更新。", "Another account is logged in in this browser; this page is no longer updated.";
    reload: "重新载入", "Reload";

    // Log in and register
    product_line: "消息三天后从服务器消失，历史留在你自己的浏览器里。", "Messages leave the server after three days; your history stays in your own browser.";
    log_in: "登录", "Log in";
    register: "注册", "Register";
    handle: "账号", "Handle";
    handle_hint: "3 到 32 个小写字母、数字或下划线，以字母开头", "3 to 32 lower-case letters, digits or underscores, beginning with a letter";
    password: "密码", "Password";
    password_hint: "至少 8 个字符", "At least 8 characters";
    name: "昵称", "Name";
    name_hint: "别人看到的名字，可以不填", "What others see; may be left empty";
    shared_computer: "这是公用电脑：用完即退出，不留下记录", "Others use this computer too: log out soon, and keep nothing here";
    no_account: "还没有账号？", "No account yet?";
    have_account: "已有账号？", "Have an account?";
    other_ways: "其他登录方式", "Or log in with";

    // Conversation list
    conversations: "会话列表", "Conversations";
    search: "搜索联系人和群聊", "Search contacts and groups";
    search_nothing: "没有找到。要添加新朋友，请输入完整账号。", "Nothing found. To add somebody new, use their exact handle.";
    search_results: "搜索结果", "Search results";
    new_chat: "发起群聊或添加朋友", "New group or contact";
    start_group: "发起群聊", "New group";
    add_friend: "添加朋友", "Add contact";
    file_transfer: "文件传输助手", "File Transfer";
    draft_mark: "[草稿]", "[Draft]";
    mention_mark: "[有人@我]", "[You were mentioned]";
    pinned: "已置顶", "Pinned";
    silenced: "消息免打扰", "Muted notifications";
    pin: "置顶", "Pin to top";
    unpin: "取消置顶", "Unpin";
    mark_unread: "标为未读", "Mark as unread";
    mark_read: "标为已读", "Mark as read";
    silence: "消息免打扰", "Mute notifications";
    unsilence: "允许消息通知", "Unmute notifications";
    hide_chat: "不显示聊天", "Hide chat";
    delete_chat: "删除聊天", "Delete chat";
    delete_chat_text: "聊天记录会从你的所有设备上清除，不能恢复。对方的记录不受影响。", "The history is cleared on all your devices and cannot be brought back. Others keep theirs.";
    delete: "删除", "Delete";
    conversation_menu: "会话菜单", "Conversation menu";
    no_chats: "还没有聊天", "No chats yet";
    no_chats_hint: "添加一位朋友，或者发起群聊。", "Add a contact, or start a group.";
    choose_chat: "选择一个聊天开始", "Choose a chat to begin";

    // Messages
    conversation: "会话", "Conversation";
    messages: "消息", "Messages";
    message_menu: "消息菜单", "Message menu";
    typing: "正在输入…", "typing…";
    chat_info: "聊天信息", "Chat details";
    new_below: "以下为新消息", "New messages";
    mentioned: "有人@我", "You were mentioned";
    to_end: "回到底部", "To the end";
    older: "查看更早的消息", "Older messages";
    newest: "回到最新消息", "To the newest messages";
    import_link: "从文件导入", "Import from a file";
    copy: "复制", "Copy";
    copied: "已复制", "Copied";
    copy_failed: "浏览器不允许复制，请选中文字后按 Ctrl+C。", "The browser does not allow copying; select the text and press Ctrl+C.";
    quote: "引用", "Quote";
    recall: "撤回", "Recall";
    delete_message_text: "只从你的这台设备上删除，不能恢复。", "It is deleted on this device of yours only, and cannot be brought back.";
    edit_again: "重新编辑", "Edit again";
    you_recalled: "你撤回了一条消息", "You recalled a message";
    quote_recalled: "引用的消息已撤回", "The quoted message was recalled";
    quote_missing: "引用的消息不在本机", "The quoted message is not on this device";
    unknown_content: "[此版本无法显示的消息，请刷新页面更新]", "[This version cannot show this message; reload to update]";
    unknown_event: "[此版本无法显示的通知]", "[Something happened that this version cannot show]";
    waiting: "等待发送", "Waiting to be sent";
    refused: "未发送", "Not sent";
    edit: "编辑", "Edit";
    resend: "重发", "Send again";
    dismiss: "知道了", "Dismiss";
    command_refused: "操作没有完成", "Not done";
    no_messages: "还没有消息，说点什么吧。", "No messages yet. Say something.";
    not_a_contact: "你还不是对方的好友", "You are not each other's contact yet";
    ask_contact: "申请添加", "Send a request";
    you_left: "你已不在这个群聊中，可以继续查看记录。", "You are no longer in this group; its history stays here.";
    code: "代码", "Code";

    unread: "未读", "Unread";
    to_own_notes: "发给自己的消息和文字会留在这里，你的其他设备也能看到。", "Notes to yourself are kept here, on all your devices.";

    // Composer
    write_message: "输入消息", "Message";
    send: "发送", "Send";
    hint_enter: "Enter 发送 · Shift+Enter 换行", "Enter sends · Shift+Enter breaks the line";
    hint_control: "Ctrl+Enter 发送 · Enter 换行", "Ctrl+Enter sends · Enter breaks the line";
    emoji: "表情", "Emoji";
    emoji_recent: "最近使用", "Recent";
    mention: "提醒某人", "Mention somebody";
    everybody: "所有人", "everyone";
    cancel_quote: "取消引用", "Do not quote";
    too_long: "消息太长了，请分成几条发送。", "The message is too long; send it in parts.";

    // Groups
    group_name: "群聊名称", "Group name";
    group_name_hint: "可以不填，显示成员的名字", "May be left empty: then the members' names are shown";
    group_number: "群号", "Group number";
    unnamed: "未命名", "Unnamed";
    announcement: "群公告", "Announcement";
    no_announcement: "未设置", "None";
    my_nickname: "我在本群的昵称", "My name in this group";
    not_set: "未设置", "Not set";
    pin_chat: "置顶聊天", "Pin to top";
    mute_all: "全员禁言", "Only administrators may write";
    clear_history: "清空聊天记录", "Clear chat history";
    clear_history_text: "聊天记录会从你的所有设备上清除，不能恢复。", "The history is cleared on all your devices and cannot be brought back.";
    clear: "清空", "Clear";
    leave: "退出群聊", "Leave group";
    leave_text: "退出后不再收到这个群的消息。", "You will get no more messages of this group.";
    members: "群成员", "Members";
    add: "添加", "Add";
    add_members: "添加成员", "Add members";
    remove: "移除", "Remove";
    remove_members: "移除成员", "Remove members";
    member_menu: "成员操作", "Member actions";
    owner: "群主", "Owner";
    administrator: "管理员", "Administrator";
    make_administrator: "设为管理员", "Make administrator";
    take_administrator: "取消管理员", "Take administrator role away";
    transfer: "转让群主", "Hand the group over";
    transfer_text: "转让后你将成为普通成员。", "You will be an ordinary member then.";
    mute_ten_minutes: "禁言 10 分钟", "Mute for 10 minutes";
    mute_hour: "禁言 1 小时", "Mute for an hour";
    mute_day: "禁言 1 天", "Mute for a day";
    mute_week: "禁言 7 天", "Mute for 7 days";
    muted: "禁言中", "Muted";
    unmute: "解除禁言", "Unmute";
    remove_member: "移出群聊", "Remove from group";
    remove_member_text: "对方将不再收到这个群的消息，其他成员会看到。", "They will get no more messages of this group, and the others see it.";
    view_card: "查看名片", "View card";
    choose_members: "选择联系人", "Choose contacts";
    choose_members_hint: "先添加朋友，然后才能发起群聊。", "Add a contact first, then you can start a group.";
    filter_people: "按名字查找", "Find by name";
    filter_nobody: "没有符合的人。", "Nobody of that name.";
    chosen: "已选择", "Chosen";
    nobody_to_add: "没有可以添加的联系人：他们都已在群里，或者你还没有联系人。", "There is no contact to add: all are in the group already, or you have none yet.";
    choose_owner: "选择新群主", "Choose the new owner";
    create: "创建", "Create";
    edit_name: "修改群聊名称", "Change the group's name";
    edit_announcement: "修改群公告", "Change the announcement";
    edit_nickname: "修改我在本群的昵称", "Change my name in this group";

    // Contacts
    new_friends: "新的朋友", "Contact requests";
    groups: "群聊", "Groups";
    no_groups: "还没有群聊。", "No groups yet.";
    no_contacts: "还没有联系人", "No contacts yet";
    no_contacts_hint: "请朋友告诉你账号，然后添加。", "Ask somebody for their handle, then add them.";
    choose_contact: "选择一位联系人", "Choose a contact";
    find: "查找", "Find";
    find_hint: "输入完整的账号或号码", "The exact handle or number";
    find_nobody: "没有这个人。请核对账号是否完整、无误。", "There is nobody of that handle or number. Check it for mistakes.";
    note: "附言", "Note";
    note_hint: "告诉对方你是谁", "Say who you are";
    send_request: "发送申请", "Send request";
    request_sent: "申请已发送，等待对方同意。", "Your request was sent. They have to accept it.";
    accept: "接受", "Accept";
    decline: "拒绝", "Decline";
    accepted: "已添加", "Accepted";
    declined: "已拒绝", "Declined";
    pending: "等待对方同意", "Waiting for their answer";
    no_requests: "没有新的申请。别人添加你时会显示在这里。", "No requests. When somebody wants to add you, it is shown here.";
    sent_requests: "我发出的申请", "Requests you sent";
    asks_you: "对方想加你为好友。", "They want to add you.";
    no_card: "没有这个人，或者你们还没有联系过。可以用账号查找。", "There is nobody here, or you have not been in touch. Find them by their handle.";
    contact_settings: "联系人设置", "Contact settings";
    number: "号码", "Number";
    signature: "个性签名", "About me";
    remark: "备注名", "Remark";
    remark_hint: "只有你能看到", "Only you see it";
    star: "设为星标", "Star";
    starred: "星标朋友", "Starred";
    block: "加入黑名单", "Block";
    block_hint: "对方不能给你发消息，也看不到你是否在线。", "They cannot write to you and do not see whether you are online.";
    blocked: "已加入黑名单", "Blocked";
    remove_contact: "删除联系人", "Remove contact";
    remove_contact_text: "你们将不能互发消息。聊天记录会保留在你的设备上。", "You can no longer write to each other. Your history stays on your device.";
    send_message: "发消息", "Send message";
    this_is_you: "这是你自己", "This is you";
    edit_profile: "编辑资料", "Edit profile";
    not_mutual: "对方已不是你的好友，重新申请后才能聊天。", "They no longer have you as a contact; send a request to chat again.";

    // Settings
    profile: "个人资料", "Profile";
    display: "显示", "Display";
    language: "语言", "Language";
    theme: "主题", "Theme";
    theme_system: "跟随系统", "As the system";
    theme_light: "浅色", "Light";
    theme_dark: "深色", "Dark";
    sending_key: "发送键", "Sending";
    send_enter: "Enter 发送", "Enter sends";
    send_control: "Ctrl+Enter 发送", "Ctrl+Enter sends";
    privacy: "隐私", "Privacy";
    invisible_hint: "联系人看到你离线", "Contacts see you as offline";
    storage: "聊天记录与存储", "History and storage";
    storage_events: "本机记录", "Events on this device";
    storage_used: "占用空间", "Space used";
    storage_kept: "保留", "Kept";
    storage_unknown: "浏览器没有告知", "The browser does not say";
    storage_persisted: "浏览器已承诺保留", "The browser promised to keep it";
    storage_evictable: "磁盘满时浏览器可能清除，请不时导出", "The browser may evict it when the disk is full: export it now and then";
    export: "导出聊天记录", "Export history";
    exporting: "正在导出…", "Exporting…";
    importing: "正在导入…", "Importing…";
    clearing: "正在清除…", "Deleting…";
    export_done: "已导出，请妥善保存文件。", "Exported. Keep the file in a safe place.";
    import: "导入聊天记录", "Import history";
    import_hint: "选择从这里导出的文件", "Choose a file that was exported here";
    clear_local: "清除本机记录", "Clear history on this device";
    storage_loading: "正在查看本机存储…", "Looking at the storage of this device…";
    clear_local_text: "本机的聊天记录会被清除，只能重新取得服务器保留的最近几天。请先导出需要的记录。", "The history on this device is deleted; only what the server still keeps comes back. Export what you need first.";
    cleared: "已清除，正在重新取得最近的消息。", "Cleared. The latest messages are being fetched again.";
    capabilities: "本机缺少的功能", "What this device lacks";
    capabilities_none: "这台设备具备全部功能。", "This device can do everything.";
    lacks_shared_stream: "标签页之间不能共享连接：浏览器只在 https 地址提供 Web Locks。每个标签页各用一个连接。", "Tabs cannot share a connection: browsers offer Web Locks on https addresses only. Each tab has its own.";
    lacks_offline_open: "没有网络时打不开：浏览器只在 https 地址提供 Service Worker。", "It does not open without a network: browsers offer service workers on https addresses only.";
    lacks_persistence: "浏览器不承诺保留记录：磁盘满时可能清除，请不时导出。", "The browser does not promise to keep the history: it may evict it when the disk is full. Export it now and then.";
    lacks_history: "浏览器不提供 IndexedDB（例如隐私窗口）：记录只保留到关闭标签页。", "The browser offers no IndexedDB (a private window, perhaps): the history lives as long as the tab.";
    lacks_notifications: "没有消息通知：浏览器只在 https 地址提供；在 iPhone 和 iPad 上要先把本站添加到主屏幕。", "No notifications: browsers offer them on https addresses only, and on iPhone and iPad once this site is on the Home Screen.";
    security: "登录与安全", "Log-in and security";
    notifications: "消息通知", "Notifications";
    notifications_offer: "不在这里时，要通知你有新消息吗？", "Shall this browser tell you of messages while you are away?";
    turn_on: "开启", "Turn on";
    not_now: "暂不", "Not now";
    log_out: "退出登录", "Log out";
    log_out_text: "要把聊天记录保留在这台设备上吗？", "Keep the history on this device?";
    log_out_keep: "保留记录并退出", "Keep it and log out";
    log_out_clear: "清除记录并退出", "Delete it and log out";
    about: "关于", "About";
    version: "版本", "Version";

    // Notices in a log
    you: "你", "You";
    somebody: "某人", "Somebody";
    now_contacts: "你们已经是好友，现在可以开始聊天了。", "You are contacts now and can start chatting.";
    announcement_cleared: "撤下了群公告", "took the announcement down";
    muted_on: "开启了全员禁言", "muted everybody but administrators";
    muted_off: "关闭了全员禁言", "lets everybody write again";
}
