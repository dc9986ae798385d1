//! Files that are wrong in one way each, and some that only look so.

/// Names and bytes.
pub(crate) const FILES: [(&str, &[u8]); 17] = [
    (
        "master",
        b"\"\",\"1000\",\"1001\",\"default\",\"\"\"A\"\" <1000>\",\"PJSIP/1000-1\",\"PJSIP/1001-2\",\"Dial\",\"PJSIP/1001,5\",\"2026-11-23 00:18:07\",\"2026-11-23 00:18:08\",\"2026-11-23 00:18:12\",5,4,\"ANSWERED\",\"DOCUMENTATION\"\n",
    ),
    (
        "master-21",
        b"\"\",\"1000\",\"1001\",\"default\",\"\",\"PJSIP/1000-1\",\"PJSIP/1001-2\",\"Dial\",\"\",\"2026-10-25 02:30:00\",,\"2026-10-25 02:30:09\",9,4,\"ANSWERED\",\"3\",\"1792891800.1\",\"x\",\"\",\"1792891800.1\",\"7\"\n",
    ),
    (
        "master-changing",
        b",1,2,d,,A/1-1,A/2-2,Dial,,2026-01-01 00:00:00,,,5,4,ANSWERED,3\n,1,2,d,,A/1-1,A/2-2,Dial,,2026-01-01 00:00:00,,,5,4,ANSWERED,3,1767225600.1\n,1\n",
    ),
    (
        "mark-and-crlf",
        b"\xef\xbb\xbfstart,channel,disposition\r\n2026-03-29 02:30:00,SIP/1-1,BUSY\r\n\r\n \r\n",
    ),
    (
        "latin-1",
        b"start,channel,disposition,clid\n2026-01-01 00:00:00,SIP/1-1,BUSY,\"Andr\xe9\" <1000>\n",
    ),
    (
        "open-quote",
        b"start,channel,disposition\n2026-01-01 00:00:00,\"SIP/1-1,BUSY\n2026-01-01 00:00:00,SIP/1-1,BUSY\n",
    ),
    (
        "quote-over-lines",
        b"start,channel,disposition,userfield\n2026-01-01 00:00:00,SIP/1-1,BUSY,\"a\nb\"\"c\n\"\nx\"\n",
    ),
    (
        "far-years",
        b"start,channel,disposition,duration\n262142-12-31 23:59:59,A/1-1,ANSWERED,99\n+262142-12-31 23:59:59,A/1-1,ANSWERED,99\n-9999-01-01 00:00:00,A/1-1,BUSY,1\n99999999999,A/1-1,BUSY,1\n9999-12-31 23:59:59+23:59,A/1-1,BUSY,1\n",
    ),
    (
        "ends",
        b"start,end,channel,disposition,billsec\n2026-01-01 00:00:00,2039-01-01 00:00:00,A/1-1,ANSWERED,9\n2026-01-01 00:00:00,2025-01-01 00:00:00,A/1-1,ANSWERED,9\n2026-01-01 00:00:00,0000-00-00 00:00:00,A/1-1,ANSWERED,9\n",
    ),
    (
        "double-columns",
        b"calldate,start,channel,channel,disposition,,nonsense\n2026-01-01 00:00:00,,A/1-1,A/2-2,8,,\n",
    ),
    ("zeros", b"start,channel,disposition\n\0\0\0,\0,\0\n"),
    (
        "log-bad",
        b"1795393140|1.1|blue|NONE|ENTERQUEUE||06|1\n|\n||||\n1795393141.5|1.1|blue|A|CONNECT|1e9|-1|99|4|5|6|7|8|\nx|1.1|blue|NONE|ABANDON\n99999999999|1.1|q|a|COMPLETEAGENT|9|99999999\n",
    ),
    (
        "log-data-in-one",
        b"time,callid,queuename,agent,event,data\n2026-01-01 00:00:00,1.1,q,a,CONNECT,1|2|3|4|5|6\n2026-01-01 00:00:00,1.1,q,a,COMPLETEAGENT,NULL\n",
    ),
    (
        "log-columns",
        b"time,callid,queuename,agent,event,data1,data2,data3,data4,data5\n1795393140,1.1,q,a,ATTENDEDTRANSFER,LINK,a,b,1000000000,1000000000|1\n1795393140,,,,RINGNOANSWER,999999999,,,,\\N\n",
    ),
    (
        "cel",
        b"eventtype,eventtime,channame,uniqueid,extra\nCHAN_START,2026-01-01 00:00:00,A/1-1,1.1,\"{\"\"a\"\":1}\"\n",
    ),
    ("empty", b"\n\n\n"),
    ("only-header", b"time,callid,queuename,agent,event"),
];
