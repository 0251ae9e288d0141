//! The platform that the measured programs call, in a process of its own so that it does not count.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

const FEISHU_TOKEN: &str = r#"{"code":0,"msg":"ok","tenant_access_token":"t-g1044qeGEDXTB6NDJOGV4JQCYDGHRBARFTGT1234","expire":7200}"#;
const DINGTALK_TOKEN: &str = r#"{"accessToken":"fw8ef8we8f76e6f7s8dxxxx","expireIn":7200}"#;
const OLD_DINGTALK_TOKEN: &str =
    r#"{"errcode":0,"errmsg":"ok","access_token":"fw8ef8we8f76e6f7s8dxxxx","expires_in":7200}"#;
const LINK: &str = r#"{"code":0,"data":{"expire_time":"1609296809","is_permanent":false,"share_link":"https://applink.feishu.cn/client/chat/chatter/add_by_link?link_token=3nf8789-4rfx-427d-a6bf-ed1d2df348aabd"},"msg":"success"}"#;
const TASK_CHAT: &str =
    r#"{"code":0,"data":{"chat_id":"ou_7d8a6e6df7621556ce0d21922b676706ccs"},"msg":"success"}"#;
const PUSHED: &str = r#"{"processQueryKey":"hPcAVQ81mIOZWRAgQl0nLJhWjHTnbSBZz1eqHrLgLUs="}"#;
const SENT: &str = r#"{"file":{"id":"file_id","conversationId":"open_conversation_id","spaceId":"space_id","parentId":"parent_id","type":"file","name":"file_name","size":256,"path":"file_path","version":1,"status":"NORMAL","extension":"txt","creatorId":"creator_id","modifierId":"modified_id","createTime":"2022-01-01T10:00:00Z","modifiedTime":"2022-01-01T10:00:00Z","uuid":"uuid"}}"#;

/// Serves until the process ends.
pub struct Server {
    port: u16,
}

impl Server {
    /// Starts a server on a free port, which waits for `delay` before each response.
    ///
    /// A caller that is sure to wait for its response takes the same path each time, so that its
    /// instructions can be counted.
    pub fn start(delay: Duration) -> Result<Self, String> {
        Self::listen(delay).map_err(|error| format!("no server could be started: {error}"))
    }

    fn listen(delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A caller that went away is not the server's concern.
                thread::spawn(move || serve(&stream, delay));
            }
        });
        Ok(Self { port })
    }

    /// Returns its URL, with a named host as real ones have.
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }
}

fn serve(mut stream: &TcpStream, delay: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some((path, length)) = head(&mut reader)? {
        io::copy(&mut reader.by_ref().take(length), &mut io::sink())?;
        thread::sleep(delay);
        let body = response(&path);
        let response = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n\
             x-tt-logid: 20261121140858A1B2C3D4E5F60718293A4B\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(response.as_bytes())?;
    }
    Ok(())
}

/// Reads the head of a request: its target and the length of its body; `None` if there is none.
fn head(reader: &mut impl BufRead) -> io::Result<Option<(String, u64)>> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let Some(path) = line.split_whitespace().nth(1).map(str::to_owned) else { return Ok(None) };
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { return Ok(Some((path, length))) };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
}

fn response(path: &str) -> &'static str {
    match path {
        _ if path.contains("oauth2/accessToken") => DINGTALK_TOKEN,
        _ if path.starts_with("/gettoken") => OLD_DINGTALK_TOKEN,
        _ if path.contains("access_token") => FEISHU_TOKEN,
        _ if path.contains("/groupMessages/") => PUSHED,
        _ if path.contains("/convFile/") => SENT,
        _ if path.contains("/user_tasks/") => TASK_CHAT,
        _ => LINK,
    }
}
