//! What clients of the CTI WebSocket and PBXs say, right and wrong.

/// Frames: their names and texts.
pub(crate) const FRAMES: [(&str, &str); 32] = [
    ("ping", r#"{"claz":"ping"}"#),
    (
        "user",
        r#"{"claz":"web","command":"getUserCallHistory","size":20}"#,
    ),
    (
        "user-null",
        r#"{"claz":"web","command":"getUserCallHistory","size":null}"#,
    ),
    (
        "user-absent",
        r#"{"claz":"web","command":"getUserCallHistory"}"#,
    ),
    (
        "user-digits",
        r#"{"claz":"web","command":"getUserCallHistory","size":"0020"}"#,
    ),
    (
        "user-float",
        r#"{"claz":"web","command":"getUserCallHistory","size":2e1}"#,
    ),
    (
        "user-much",
        r#"{"claz":"web","command":"getUserCallHistory","size":18446744073709551616}"#,
    ),
    (
        "user-zero",
        r#"{"claz":"web","command":"getUserCallHistory","size":0}"#,
    ),
    (
        "user-negative",
        r#"{"claz":"web","command":"getUserCallHistory","size":-1}"#,
    ),
    (
        "user-list",
        r#"{"claz":"web","command":"getUserCallHistory","size":[[[[[[1]]]]]]}"#,
    ),
    (
        "user-twice",
        r#"{"claz":"web","command":"x","command":"getUserCallHistory","size":1,"size":2}"#,
    ),
    (
        "days",
        r#"{"claz":"web","command":"getUserCallHistoryByDays","days":7}"#,
    ),
    (
        "days-digits",
        r#"{"claz":"web","command":"getUserCallHistoryByDays","days":"36600"}"#,
    ),
    (
        "days-absent",
        r#"{"claz":"web","command":"getUserCallHistoryByDays"}"#,
    ),
    (
        "agent",
        r#"{"claz":"web","command":"getAgentCallHistory","size":20}"#,
    ),
    (
        "queue",
        r#"{"claz":"web","command":"getQueueCallHistory","queue":"bl","size":10}"#,
    ),
    (
        "queue-empty",
        r#"{"claz":"web","command":"getQueueCallHistory","queue":" "}"#,
    ),
    (
        "queue-odd",
        r#"{"claz":"web","command":"getQueueCallHistory","queue":"\u0000\ud83d\ude00%_"}"#,
    ),
    (
        "customer",
        r#"{"claz":"web","command":"findCustomerCallHistory","id":17,"request":{"filters":[{"field":"customer.phone","operator":"=","value":"0611223344"}],"size":10}}"#,
    ),
    (
        "customer-numbers",
        r#"{"claz":"web","command":"findCustomerCallHistory","id":"17","request":{"filters":[{"field":"customer.phone","operator":"=","value":611223344}]}}"#,
    ),
    (
        "customer-two",
        r#"{"claz":"web","command":"findCustomerCallHistory","id":1,"request":{"filters":[{},{}]}}"#,
    ),
    (
        "customer-operator",
        r#"{"claz":"web","command":"findCustomerCallHistory","id":1,"request":{"filters":[{"field":"customer.name","operator":"like","value":null}]}}"#,
    ),
    (
        "customer-id",
        r#"{"claz":"web","command":"findCustomerCallHistory","id":1.5,"request":{}}"#,
    ),
    (
        "video",
        r#"{"claz":"web","command":"videoEvent","status":"Busy"}"#,
    ),
    (
        "video-markup",
        r#"{"claz":"web","command":"videoEvent","status":"<b>"}"#,
    ),
    (
        "subscribe",
        r#"{"claz":"web","command":"subscribeToCallHistory"}"#,
    ),
    (
        "unsubscribe",
        r#"{"claz":"web","command":"unsubscribeFromCallHistory"}"#,
    ),
    (
        "unknown",
        r#"{"claz":"web","command":"dial","destination":"1\u202e0"}"#,
    ),
    ("no-claz", r#"{"command":"getUserCallHistory"}"#),
    ("cut", r#"{"claz":"web","command":"getUserCallHi"#),
    ("deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
    ("lone-surrogate", r#"{"claz":"\ud800"}"#),
];

/// Frames of WebSocket, behind the byte that says in what pieces they come.
pub(crate) const HEADS: [(&str, &[u8]); 5] = [
    (
        "head-ping",
        b"\x02\x81\x8f\x01\x02\x03\x04123456789012345\x89\x80abcd\x88\x82abcd\x03\xe8",
    ),
    ("head-not-masked", b"\x00\x81\x02{}\x81\x02{}"),
    ("head-two-bytes", b"\x05\x81\xfe\x01\x2dabcd"),
    (
        "head-eight-bytes",
        b"\x01\x81\xff\0\0\0\0\0\0\0\x02abcd{}\x81\x80abcd",
    ),
    (
        "head-most",
        b"\x0f\x81\xff\xff\xff\xff\xff\xff\xff\xff\xffabcd",
    ),
];

/// What a PBX says after its greeting.
pub(crate) const PBX: [(&str, &str); 6] = [
    (
        "answers",
        "Response: Success\r\nActionID: hints\r\nEventList: start\r\nMessage: Extension Statuses will follow\r\n\r\nEvent: ExtensionStatus\r\nActionID: hints\r\nExten: 1000\r\nContext: default\r\nHint: PJSIP/1000&Custom:DND1000\r\nStatus: 0\r\nStatusText: Idle\r\n\r\nEvent: ExtensionStateListComplete\r\nActionID: hints\r\nEventList: Complete\r\nListItems: 1\r\n\r\nResponse: Error\r\nMessage: Permission denied\r\n\r\n",
    ),
    (
        "hints",
        "Event: ExtensionStatus\r\nPrivilege: call,all\r\nExten: 1000\r\nContext: default\r\nHint: PJSIP/1000\r\nStatus: -2\r\n\r\nEvent: ExtensionStatus\r\nExten: 1001\r\nStatus: seven\r\n\r\n",
    ),
    (
        "call",
        "Event: Newchannel\r\nChannel: PJSIP/1000-00000001\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\nExten: 1001\r\nCallerIDNum: 1000\r\nCallerIDName: <unknown>\r\n\r\nEvent: Newchannel\r\nChannel: PJSIP/1001-00000002\r\nUniqueid: 1.2\r\nLinkedid: 1.1\r\n\r\nEvent: DialBegin\r\nChannel: PJSIP/1000-00000001\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\nDestChannel: PJSIP/1001-00000002\r\nDestUniqueid: 1.2\r\n\r\nEvent: BridgeEnter\r\nBridgeUniqueid: b1\r\nBridgeTechnology: simple_bridge\r\nChannel: PJSIP/1001-00000002\r\nUniqueid: 1.2\r\nLinkedid: 1.1\r\n\r\nEvent: BridgeEnter\r\nBridgeUniqueid: b1\r\nBridgeTechnology: simple_bridge\r\nChannel: PJSIP/1000-00000001\r\nUniqueid: 1.1\r\nLinkedid: 1.1\r\n\r\nEvent: BridgeLeave\r\nBridgeUniqueid: b1\r\nChannel: PJSIP/1001-00000002\r\nUniqueid: 1.2\r\nLinkedid: 1.1\r\n\r\nEvent: Hangup\r\nChannel: PJSIP/1001-00000002\r\nUniqueid: 1.2\r\nLinkedid: 1.1\r\n\r\n",
    ),
    (
        "queue",
        "Event: Newchannel\r\nChannel: PJSIP/trunk-00000003\r\nUniqueid: 2.1\r\nLinkedid: 2.1\r\nExten: 3001\r\nCallerIDNum: 0611223344\r\n\r\nEvent: QueueCallerJoin\r\nQueue: blue\r\nUniqueid: 2.1\r\nCallerIDNum: 0611223344\r\nPosition: 1\r\n\r\nEvent: AgentRingNoAnswer\r\nQueue: blue\r\nUniqueid: 2.1\r\nMemberName: Agent/2501\r\n\r\nEvent: AgentConnect\r\nQueue: blue\r\nUniqueid: 2.1\r\nMemberName: Agent/2502\r\nHoldTime: 7\r\nRingTime: 2\r\nDestUniqueid: 2.2\r\n\r\nEvent: AgentComplete\r\nQueue: blue\r\nUniqueid: 2.1\r\nMemberName: Agent/2502\r\nHoldTime: 7\r\nTalkTime: 9\r\n\r\nEvent: QueueCallerAbandon\r\nQueue: blue\r\nUniqueid: 2.1\r\nHoldTime: 9\r\n\r\n",
    ),
    (
        "channels",
        "Event: CoreShowChannel\r\nActionID: channels\r\nChannel: Local/1@q-00000001;1\r\nUniqueid: 3.1\r\nLinkedid: 3.1\r\nDuration: 00:01:10\r\nBridgeId: b1\r\nApplication: Queue\r\nApplicationData: blue\r\n\r\nEvent: CoreShowChannel\r\nActionID: channels\r\nChannel: PJSIP/1001-00000009\r\nUniqueid: 3.2\r\nLinkedid: 3.1\r\nDuration: 99999:00:00\r\nBridgeId: b1-that-holds\r\n\r\nEvent: CoreShowChannelsComplete\r\nActionID: channels\r\nListItems: 2\r\n\r\n",
    ),
    (
        "nonsense",
        "\r\n\r\nno colon\r\n\r\n: \r\n\r\nEvent:Hangup\nUniqueid: 1.1\n\nEvent: BridgeEnter\r\nChannel: SIP/1-1\r\nUniqueid: 1.1\r\n\r\nEvent: Half",
    ),
];
