//! A mailbox that tells what was asked of it: as much of IMAP as a reader needs, and nothing that a reader must not need.
//!
//! `STORE`, `EXPUNGE`, `SELECT` and the like are answered with `NO` and written down: a story can say that nobody tried.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Who may open it.
pub const USER: &str = "room@city.example";
/// With which password; with signs that a careless quotation would break at.
pub const PASSWORD: &str = "p\"w\\ 1";

#[derive(Debug)]
struct Lying {
    uid: u32,
    arrived: String,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Room {
    validity: u32,
    next: u32,
    mails: Vec<Lying>,
    asked: Vec<String>,
    can_idle: bool,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Mailbox {
    /// `imap://127.0.0.1:PORT`.
    pub url: String,
    room: Arc<Mutex<Room>>,
    news: watch::Sender<u32>,
}

impl Mailbox {
    /// An empty mailbox on a free port, with or without the word `IDLE`.
    pub async fn start(can_idle: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("imap://{}", listener.local_addr().expect("an address"));
        let room = Room { validity: 7, next: 1, mails: Vec::new(), asked: Vec::new(), can_idle };
        let mailbox = Self { url, room: Arc::new(Mutex::new(room)), news: watch::Sender::new(0) };
        let served = mailbox.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = served.clone();
                tokio::spawn(async move {
                    // A reader that hangs up ends its own conversation alone.
                    drop(served.talk(stream).await);
                });
            }
        });
        mailbox
    }

    fn room<T>(&self, act: impl FnOnce(&mut Room) -> T) -> T {
        act(&mut self.room.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A mail comes, at a moment as IMAP writes it.
    pub fn deliver(&self, arrived: &str, mail: &str) {
        self.room(|room| {
            let uid = room.next;
            room.next += 1;
            let bytes = mail.replace('\n', "\r\n").into_bytes();
            room.mails.push(Lying { uid, arrived: arrived.to_owned(), bytes });
        });
        self.news.send_modify(|n| *n += 1);
    }

    /// The mailbox is numbered anew, as after a repair: each mail has another number.
    pub fn number_anew(&self) {
        self.room(|room| {
            room.validity += 1;
            room.next += 100;
            for (n, mail) in (room.next..).zip(&mut room.mails) {
                mail.uid = n;
            }
            room.next += 100;
        });
    }

    /// What was asked so far, without tags.
    pub fn asked(&self) -> Vec<String> {
        self.room(|room| room.asked.clone())
    }

    /// How many mails lie there.
    pub fn n_mails(&self) -> usize {
        self.room(|room| room.mails.len())
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"* OK a mailbox\r\n").await?;
        let mut is_in = false;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let (tag, question) = line.split_once(' ').unwrap_or((line, ""));
            self.room(|room| room.asked.push(question.to_owned()));
            let word = question.split(' ').next().unwrap_or_default().to_uppercase();
            let verdict = match word.as_str() {
                "LOGIN" => {
                    let wanted = format!("LOGIN \"{USER}\" \"p\\\"w\\\\ 1\"");
                    is_in = question == wanted;
                    if is_in { "OK in" } else { "NO [AUTHENTICATIONFAILED] who are you" }
                }
                "CAPABILITY" => {
                    let idle = if self.room(|room| room.can_idle) { " IDLE" } else { "" };
                    stream
                        .write_all(format!("* CAPABILITY IMAP4rev1{idle}\r\n").as_bytes())
                        .await?;
                    "OK done"
                }
                "LOGOUT" => {
                    stream.write_all(b"* BYE\r\n").await?;
                    stream.write_all(format!("{tag} OK\r\n").as_bytes()).await?;
                    return Ok(());
                }
                _ if !is_in => "NO sign in first",
                "EXAMINE" => {
                    let told = self.room(|room| {
                        format!(
                            "* {} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {}] numbers\r\n* OK [UIDNEXT {}] next\r\n",
                            room.mails.len(), room.validity, room.next
                        )
                    });
                    stream.write_all(told.as_bytes()).await?;
                    "OK [READ-ONLY] open"
                }
                "UID" => {
                    let told = self.uid(question);
                    stream.write_all(&told).await?;
                    "OK done"
                }
                "IDLE" => {
                    self.idle(&mut stream).await?;
                    "OK done"
                }
                _ => "NO this is not for a reader",
            };
            stream.write_all(format!("{tag} {verdict}\r\n").as_bytes()).await?;
        }
    }

    fn uid(&self, question: &str) -> Vec<u8> {
        let mut words = question.split(' ').skip(1);
        self.room(|room| match (words.next(), words.next(), words.next()) {
            // As servers do: the last mail answers to whatever is beyond it.
            (Some("SEARCH"), Some("UID"), Some(set)) => {
                let from: u32 = set.trim_end_matches(":*").parse().unwrap_or(1);
                let last = room.mails.last().map(|mail| mail.uid);
                let fits = |uid: &u32| *uid >= from || Some(*uid) == last;
                found(room.mails.iter().map(|mail| mail.uid).filter(fits))
            }
            (Some("SEARCH"), Some("SINCE"), _) => found(room.mails.iter().map(|mail| mail.uid)),
            (Some("FETCH"), Some(uid), _) => {
                let uid: u32 = uid.parse().unwrap_or(0);
                let Some(at) = room.mails.iter().position(|mail| mail.uid == uid) else {
                    return Vec::new();
                };
                let Lying { arrived, bytes, .. } = &room.mails[at];
                let head = format!(
                    "* {} FETCH (UID {uid} INTERNALDATE \"{arrived}\" BODY[]<0> {{{}}}\r\n",
                    at + 1,
                    bytes.len()
                );
                [head.as_bytes(), bytes, b")\r\n"].concat()
            }
            _ => Vec::new(),
        })
    }

    async fn idle(&self, stream: &mut BufReader<TcpStream>) -> std::io::Result<()> {
        let mut news = self.news.subscribe();
        stream.write_all(b"+ idling\r\n").await?;
        let mut line = String::new();
        loop {
            tokio::select! {
                read = stream.read_line(&mut line) => {
                    read?;
                    return Ok(());
                }
                // The mailbox lives as long as its conversations.
                _ = news.changed() => {}
            }
            let n = self.n_mails();
            stream.write_all(format!("* {n} EXISTS\r\n").as_bytes()).await?;
        }
    }
}

fn found(uids: impl Iterator<Item = u32>) -> Vec<u8> {
    let uids: Vec<String> = uids.map(|uid| format!(" {uid}")).collect();
    format!("* SEARCH{}\r\n", uids.concat()).into_bytes()
}
