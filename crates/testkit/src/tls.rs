//! TLS in front of a plain server, with a certificate that only the test's own authority vouches for; and
//! a proxy that tunnels to it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A server that speaks TLS under names that its certificate has.
pub struct Tls {
    /// Where it listens.
    pub address: SocketAddr,
    /// The authority's certificate, as PEM.
    pub authority: String,
}

impl Tls {
    /// Ends TLS before a plain server on loopback, as `localhost`, `127.0.0.1` and `id.example.test`.
    pub fn before(plain: SocketAddr) -> Self {
        Self::as_hosts(&["localhost", "127.0.0.1", "id.example.test"], plain)
    }

    /// The same as other hosts.
    pub fn as_hosts(hosts: &[&str], plain: SocketAddr) -> Self {
        let (config, authority) = certified(hosts);
        let address = listen(move |stream| {
            let connection =
                ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
            relay(StreamOwned::new(connection, stream), plain)
        });
        Self { address, authority }
    }

    /// Its origin under one of its names.
    pub fn origin(&self, host: &str) -> String {
        format!("https://{host}:{}", self.address.port())
    }
}

/// An HTTP proxy that sends every tunnel to one place, or refuses it.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Tunnels to `place`, whatever was asked for.
    pub fn to(place: SocketAddr) -> Self {
        Self::to_where(place, |_| true)
    }

    /// Tunnels to `place` where the first line of the request is one that is let through.
    pub fn to_where(
        place: SocketAddr,
        lets_through: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let address = listen(move |mut stream| {
            let head = head(&mut BufReader::new(stream.try_clone()?))?;
            let line = head.lines().next().unwrap_or_default().to_owned();
            let refused = !lets_through(&line);
            seen.lock().expect("no test panicked in here").push(line);
            if refused {
                return stream.write_all(b"HTTP/1.1 403 X\r\nContent-Length: 0\r\n\r\n");
            }
            stream.write_all(b"HTTP/1.1 200 X\r\n\r\n")?;
            tunnel(stream, &TcpStream::connect(place)?)
        });
        Self { address, asked }
    }

    /// The first lines of what it was asked so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no test panicked in here").clone()
    }
}

/// Carries bytes both ways until both have ended.
fn tunnel(mut client: TcpStream, server: &TcpStream) -> io::Result<()> {
    let (mut up, mut down) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut up, &mut down);
        let _ = down.shutdown(Shutdown::Write);
    });
    io::copy(&mut client, &mut &*server)?;
    server.shutdown(Shutdown::Write)
}

/// An authority and a certificate of it.
fn certified(hosts: &[&str]) -> (Arc<ServerConfig>, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // A name of its own: OpenSSL takes a certificate whose issuer is its subject for self-signed.
    let name = &mut authority.distinguished_name;
    name.push(DnType::CommonName, "authority of the tests");
    let key = KeyPair::generate().expect("random octets");
    let authority = CertifiedIssuer::self_signed(authority, key).expect("an authority");
    let names: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    let key = KeyPair::generate().expect("random octets");
    let certificate = CertificateParams::new(names)
        .and_then(|parameters| parameters.signed_by(&key, &authority))
        .expect("a certificate");
    // An error says that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("the key is the certificate's");
    (Arc::new(config), authority.pem())
}

/// Serves each connection on a thread of its own, until the test ends.
fn listen(serve: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = listener.local_addr().expect("an address");
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || {
                let _ = serve(stream); // the client may have gone
            });
        }
    });
    address
}

/// Carries requests there and answers back; the plain server closes after each.
fn relay(client: StreamOwned<ServerConnection, TcpStream>, plain: SocketAddr) -> io::Result<()> {
    let mut client = BufReader::new(client);
    let head = head(&mut client)?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let length = name.eq_ignore_ascii_case("content-length");
        length.then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body)?;
    let mut server = TcpStream::connect(plain)?;
    server.write_all(&[head.as_bytes(), &body].concat())?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    let mut client = client.into_inner();
    client.write_all(&answer)?;
    client.conn.send_close_notify(); // GnuTLS takes anything else for a cut-off answer
    client.flush()
}

fn head(stream: &mut impl BufRead) -> io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}
