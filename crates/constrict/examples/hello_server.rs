//! What tests run in containers: a server that answers `hello from PORT` at each address of its arguments.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

fn main() {
    let servers: Vec<_> = std::env::args()
        .skip(1)
        .map(|address| {
            let listener = TcpListener::bind(address).expect("the address is free");
            std::thread::spawn(move || listener.incoming().flatten().for_each(answer))
        })
        .collect();
    println!("listening");
    for server in servers {
        server.join().expect("a server does not panic");
    }
}

fn answer(mut client: TcpStream) {
    let mut request = [0; 1024];
    let _ = client.read(&mut request);
    let port = client.local_addr().map_or(0, |address| address.port());
    let body = format!("hello from {port}");
    let _ = write!(
        client,
        "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
}
