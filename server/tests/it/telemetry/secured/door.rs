//! What stands before a broker that knows neither: it speaks TLS, asks who comes (SASL, mechanism
//! PLAIN), and then lets everything through.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use services::Certificates;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub const USER: &str = "zspchat";
pub const PASSWORD: &str = "s3cret";

/// Kinds of requests (their `api_key`), and the error of a wrong password.
const SASL_HANDSHAKE: i16 = 17;
const API_VERSIONS: i16 = 18;
const SASL_AUTHENTICATE: i16 = 36;
const FAILED: i16 = 58;

/// Lets clients in from here on.
pub fn keep(listener: TcpListener, certificates: &Certificates, broker: SocketAddr) {
    let chain = CertificateDer::pem_file_iter(&certificates.certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(&certificates.key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.map(Result::unwrap).collect(), key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(tls));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut client = acceptor.accept(client).await?;
                let mut broker = TcpStream::connect(broker).await?;
                if is_known(&mut client, &mut broker).await? {
                    tokio::io::copy_bidirectional(&mut client, &mut broker).await?;
                }
                io::Result::Ok(())
            });
        }
    });
}

/// Answers until it is known who comes; what versions there are is asked of the broker.
async fn is_known(
    client: &mut (impl AsyncRead + AsyncWrite + Unpin),
    broker: &mut TcpStream,
) -> io::Result<bool> {
    loop {
        let request = read(client).await?;
        let number = |at: usize| i16::from_be_bytes([request[at], request[at + 1]]);
        let (kind, version) = (number(0), number(2));
        let mut answer = request[4..8].to_vec();
        let mut known = None;
        match kind {
            API_VERSIONS => {
                write(broker, &request).await?;
                answer = read(broker).await?;
            }
            SASL_HANDSHAKE => {
                answer.extend([0, 0, 0, 0, 0, 1, 0, 5]);
                answer.extend(b"PLAIN");
            }
            SASL_AUTHENTICATE => {
                let right = request.ends_with(format!("\0{USER}\0{PASSWORD}").as_bytes());
                known = Some(right);
                let said: &[u8] = if right { b"" } else { b"guess again" };
                answer.extend(if right { 0 } else { FAILED }.to_be_bytes());
                answer.extend(u16::try_from(said.len()).unwrap().to_be_bytes());
                answer.extend(said);
                answer.extend([0; 4]);
                if version > 0 {
                    answer.extend([0; 8]);
                }
            }
            _ => return Ok(false),
        }
        write(client, &answer).await?;
        if let Some(known) = known {
            return Ok(known);
        }
    }
}

/// A message, without its length, which stands before it.
async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = usize::try_from(from.read_u32().await?).unwrap();
    let mut message = vec![0; length];
    from.read_exact(&mut message).await?;
    Ok(message)
}

async fn write(to: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).unwrap();
    to.write_u32(length).await?;
    to.write_all(message).await?;
    to.flush().await
}
