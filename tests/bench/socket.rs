//! A WebSocket client that costs the generator little: masks with the key zero, reads many frames at once, copies none.

use anyhow::{Context, Result, bail, ensure};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use tokio::net::TcpStream;

use crate::target::Target;

/// The reading half. There is one for each socket.
pub struct Reader {
    stream: Rc<TcpStream>,
    bytes: Vec<u8>,
    parsed: usize,
    /// What came so far of a message in several frames.
    partial: Option<Vec<u8>>,
    writer: Writer,
}

/// The writing half, shared by whoever sends.
#[derive(Clone)]
pub struct Writer(Rc<Out>);

struct Out {
    stream: Rc<TcpStream>,
    waiting: RefCell<Vec<u8>>,
    flushing: Cell<bool>,
}

/// Opens a socket and upgrades it.
pub async fn connect(target: &Target, room: &str, client: usize) -> Result<(Reader, Writer)> {
    let stream = TcpStream::connect(&target.address).await.context("connect")?;
    stream.set_nodelay(true)?;
    let stream = Rc::new(stream);
    let mut request = target.request(room, client).into_bytes();
    while !request.is_empty() {
        stream.writable().await?;
        match stream.try_write(&request) {
            Ok(n) => drop(request.drain(..n)),
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(e.into()),
        }
    }
    let writer = Writer(Rc::new(Out { stream: stream.clone(), waiting: RefCell::default(), flushing: Cell::new(false) }));
    let mut reader = Reader { stream, bytes: Vec::new(), parsed: 0, partial: None, writer: writer.clone() };
    loop {
        reader.fill().await?;
        if let Some(end) = reader.bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let status = String::from_utf8_lossy(&reader.bytes[..end]).lines().next().unwrap_or_default().to_owned();
            ensure!(status.contains(" 101 "), "the server answered {status:?} for {room}");
            reader.parsed = end + 4;
            return Ok((reader, writer));
        }
        ensure!(reader.bytes.len() < 64 << 10, "an endless response head");
    }
}

impl Reader {
    /// Waits for bytes.
    async fn fill(&mut self) -> Result<()> {
        self.bytes.drain(..self.parsed);
        self.parsed = 0;
        loop {
            self.stream.readable().await?;
            self.bytes.reserve(4 << 10);
            match self.stream.try_read_buf(&mut self.bytes) {
                Ok(0) => bail!("the server hung up"),
                Ok(_) => return Ok(()),
                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Waits for bytes and hands every message that is whole to `each`.
    pub async fn read(&mut self, mut each: impl FnMut(&[u8])) -> Result<()> {
        self.drain(&mut each)?;
        self.fill().await?;
        self.drain(&mut each)
    }

    fn drain(&mut self, each: &mut impl FnMut(&[u8])) -> Result<()> {
        while let Some((head, length)) = frame_head(&self.bytes[self.parsed..]) {
            let start = self.parsed + head;
            if self.bytes.len() < start + length {
                self.bytes.reserve(start + length - self.bytes.len());
                break;
            }
            let (first, payload) = (self.bytes[self.parsed], &self.bytes[start..start + length]);
            self.parsed = start + length;
            let last = first & 0x80 != 0;
            match first & 0x0f {
                0..=2 if !last => self.partial.get_or_insert_default().extend_from_slice(payload),
                0 => {
                    let mut whole = self.partial.take().unwrap_or_default();
                    whole.extend_from_slice(payload);
                    each(&whole);
                }
                1 | 2 => each(payload),
                8 => {
                    let code = payload.first_chunk::<2>().map_or(1005, |c| u16::from_be_bytes(*c));
                    bail!("the server closed with {code} {:?}", String::from_utf8_lossy(payload.get(2..).unwrap_or_default()));
                }
                9 => self.writer.send(10, payload)?,
                _ => {}
            }
        }
        Ok(())
    }
}

/// The length of a frame's head and of its payload, once the head is whole.
fn frame_head(bytes: &[u8]) -> Option<(usize, usize)> {
    match *bytes.get(1)? & 0x7f {
        126 => Some((4, u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?) as usize)),
        127 => Some((10, u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?) as usize)),
        short => Some((2, short as usize)),
    }
}

impl Writer {
    /// Sends one binary message.
    pub fn message(&self, payload: &[u8]) -> Result<()> {
        self.send(2, payload)
    }

    /// Sends one frame.
    fn send(&self, opcode: u8, payload: &[u8]) -> Result<()> {
        self.queue(opcode, payload);
        self.flush()
    }

    /// Queues one binary message for the next [`Writer::flush`].
    pub fn queue_message(&self, payload: &[u8]) {
        self.queue(2, payload);
    }

    fn queue(&self, opcode: u8, payload: &[u8]) {
        let mut out = self.0.waiting.borrow_mut();
        out.push(0x80 | opcode);
        match payload.len() {
            short @ 0..126 => out.push(0x80 | short as u8),
            medium @ 126..65536 => {
                out.push(0x80 | 126);
                out.extend_from_slice(&(medium as u16).to_be_bytes());
            }
            long => {
                out.push(0x80 | 127);
                out.extend_from_slice(&(long as u64).to_be_bytes());
            }
        }
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(payload);
    }

    /// Writes what is queued, in the background if the socket is full.
    pub fn flush(&self) -> Result<()> {
        if self.0.flushing.get() || self.write()? {
            return Ok(());
        }
        self.0.flushing.set(true);
        let this = self.clone();
        tokio::task::spawn_local(async move {
            while this.0.stream.writable().await.is_ok() && matches!(this.write(), Ok(false)) {}
            this.0.flushing.set(false);
        });
        Ok(())
    }

    /// Answers whether all is written.
    fn write(&self) -> Result<bool> {
        let mut waiting = self.0.waiting.borrow_mut();
        match self.0.stream.try_write(&waiting) {
            Ok(n) => drop(waiting.drain(..n)),
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(e) => return Err(e.into()),
        }
        Ok(waiting.is_empty())
    }
}
