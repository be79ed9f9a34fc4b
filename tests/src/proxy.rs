//! A network between a client and the server that can fall silent: it delays what it carries and closes nothing.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
};

/// A network that carries each connection on to a server.
pub struct Proxy {
    address: String,
    silence: Arc<Silence>,
}

#[derive(Default)]
struct Silence {
    is_held: Mutex<bool>,
    changed: Condvar,
}

impl Silence {
    fn set(&self, is_held: bool) {
        *self.is_held.lock().unwrap() = is_held;
        self.changed.notify_all();
    }

    fn wait(&self) {
        drop(self.changed.wait_while(self.is_held.lock().unwrap(), |is_held| *is_held).unwrap());
    }
}

impl Proxy {
    /// One to this address. It lives as long as the process.
    pub fn to(server: String) -> Self {
        let (listener, silence) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(Silence::default()));
        let address = listener.local_addr().unwrap().to_string();
        let held = silence.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(&server) else { continue };
                for (from, to) in [(client.try_clone(), server.try_clone()), (Ok(server), Ok(client))] {
                    let (from, to, held) = (from.unwrap(), to.unwrap(), held.clone());
                    thread::spawn(move || carry(from, to, &held));
                }
            }
        });
        Self { address, silence }
    }

    /// Where clients connect to.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// From here on it carries nothing, in neither direction.
    pub fn hold(&self) {
        self.silence.set(true);
    }

    /// It carries what it held, in order, and all that comes.
    pub fn release(&self) {
        self.silence.set(false);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, silence: &Silence) {
    let mut bytes = [0; 4_096];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        silence.wait();
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}
