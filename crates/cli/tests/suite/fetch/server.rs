//! A web server on loopback that answers as it is told to, a bounded number of times.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// It answers no more requests than this, and not for longer than [`LIFE`].
const MOST_REQUESTS: usize = 20;
const LIFE: Duration = Duration::from_secs(60);

/// What a client asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Behind the `/`.
    pub(crate) name: String,
    /// From which byte on.
    pub(crate) from: Option<usize>,
    /// The version of which it has the bytes before.
    pub(crate) if_range: Option<String>,
}

/// What it gets.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// Bytes of the body after which the connection ends.
    pub(crate) broken_off_after: Option<usize>,
    /// Without a byte, before the connection ends.
    pub(crate) silence: Duration,
}

impl Reply {
    /// The whole file.
    pub(crate) fn whole(body: &[u8]) -> Self {
        Reply {
            status: "200 OK",
            headers: vec![("Content-Length", body.len().to_string())],
            body: body.to_vec(),
            broken_off_after: None,
            silence: Duration::ZERO,
        }
    }

    /// What a server does that knows of ranges and of one version of the file.
    pub(crate) fn ranged(body: &[u8], tag: &str, request: &Request) -> Self {
        let mut reply = match request.from {
            Some(from) if from >= body.len() => Reply {
                status: "416 Range Not Satisfiable",
                ..Reply::whole(&[])
            },
            Some(from)
                if request
                    .if_range
                    .as_deref()
                    .is_none_or(|version| version == tag) =>
            {
                let mut reply = Reply::whole(&body[from..]);
                reply.status = "206 Partial Content";
                let range = format!("bytes {from}-{}/{}", body.len() - 1, body.len());
                reply.headers.push(("Content-Range", range));
                reply
            }
            _ => Reply::whole(body),
        };
        reply.headers.push(("ETag", tag.into()));
        reply
    }

    pub(crate) fn status(status: &'static str) -> Self {
        Reply {
            status,
            ..Reply::whole(b"sorry")
        }
    }

    pub(crate) fn broken_off_after(mut self, bytes: usize) -> Self {
        self.broken_off_after = Some(bytes);
        self
    }
}

/// The server, which ends with this value.
pub(crate) struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers request number `n`, from 0, with `answer(request, n)`.
    pub(crate) fn new(answer: impl Fn(&Request, usize) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (requests, stop) = (
            Arc::new(Mutex::new(Vec::new())),
            Arc::new(AtomicBool::new(false)),
        );
        let (seen, told) = (requests.clone(), stop.clone());
        let serve = move || {
            let begin = Instant::now();
            let mut answered = 0;
            while answered < MOST_REQUESTS && begin.elapsed() < LIFE && !told.load(Ordering::SeqCst)
            {
                match listener.accept() {
                    Ok((stream, _)) => {
                        // A connection that says nothing is none.
                        if let Some(request) = read(&stream) {
                            seen.lock().unwrap().push(request.clone());
                            let _ = write(stream, &answer(&request, answered));
                            answered += 1;
                        }
                    }
                    Err(_) => thread::sleep(Duration::from_millis(2)),
                }
            }
        };
        Server {
            port,
            requests,
            stop,
            thread: Some(thread::spawn(serve)),
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// What was asked for so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    stream.set_nonblocking(false).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .ok()?;
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let mut request = Request {
        name: first.split(' ').nth(1)?.trim_start_matches('/').to_owned(),
        from: None,
        if_range: None,
    };
    for line in lines {
        let line = line.ok()?;
        if line.is_empty() {
            return Some(request);
        }
        let (name, value) = line.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "range" => {
                let from = value.trim().strip_prefix("bytes=")?.strip_suffix('-')?;
                request.from = Some(from.parse().ok()?);
            }
            "if-range" => request.if_range = Some(value.trim().into()),
            _ => {}
        }
    }
    None
}

fn write(mut stream: TcpStream, reply: &Reply) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {}\r\nConnection: close\r\n", reply.status)?;
    for (name, value) in &reply.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    let sent = reply.broken_off_after.unwrap_or(reply.body.len());
    stream.write_all(&reply.body[..sent])?;
    stream.flush()?;
    thread::sleep(reply.silence);
    Ok(())
}
