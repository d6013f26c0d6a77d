//! gzip on several threads, as pigz does it: 1 MiB chunks, each compressed with the 32 KiB before it as dictionary, joined
//! by sync flushes to one member. Never lets the number of threads or the size of writes reach the output.
//!
//! The caller's thread cuts chunks and writes what is done, in order; workers compress. At most two chunks for each
//! worker are in flight.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Bytes of input that are compressed as one. Part of the output format: another value gives other bytes.
const CHUNK: usize = 1 << 20;
/// DEFLATE's window.
const DICTIONARY: usize = 32 << 10;
/// Method deflate, no flags, no time, no extra flags, unknown system: nothing that varies.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

pub(crate) struct ParallelGzip<W: Write> {
    sink: W,
    chunk: Vec<u8>,
    previous: Arc<Vec<u8>>,
    pending: VecDeque<Receiver<Done>>,
    pending_max: usize,
    crc: Crc,
    workers: Workers,
}

struct Job {
    chunk: Arc<Vec<u8>>,
    previous: Arc<Vec<u8>>,
    last: bool,
    reply: SyncSender<Done>,
}

struct Done {
    compressed: io::Result<Vec<u8>>,
    crc: Crc,
}

impl<W: Write> ParallelGzip<W> {
    pub(crate) fn new(
        mut sink: W,
        level: u32,
        threads: NonZeroUsize,
    ) -> io::Result<ParallelGzip<W>> {
        sink.write_all(&HEADER)?;
        Ok(ParallelGzip {
            sink,
            chunk: Vec::new(),
            previous: Arc::default(),
            pending: VecDeque::new(),
            pending_max: threads.get() * 2,
            crc: Crc::new(),
            workers: Workers::new(level.min(9), threads),
        })
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.submit(true)?;
        while let Some(oldest) = self.pending.pop_front() {
            self.collect(&oldest)?;
        }
        self.sink.write_all(&self.crc.sum().to_le_bytes())?;
        self.sink.write_all(&self.crc.amount().to_le_bytes())?;
        Ok(self.sink)
    }

    fn submit(&mut self, last: bool) -> io::Result<()> {
        while self.pending.len() >= self.pending_max {
            let oldest = self.pending.pop_front().expect("the queue is not empty");
            self.collect(&oldest)?;
        }
        let chunk = Arc::new(std::mem::take(&mut self.chunk));
        let previous = std::mem::replace(&mut self.previous, Arc::clone(&chunk));
        let (reply, done) = sync_channel(1);
        self.workers.submit(Job {
            chunk,
            previous,
            last,
            reply,
        })?;
        self.pending.push_back(done);
        Ok(())
    }

    fn collect(&mut self, oldest: &Receiver<Done>) -> io::Result<()> {
        let done = oldest
            .recv()
            .map_err(|_| io::Error::other("a compression thread died"))?;
        self.sink.write_all(&done.compressed?)?;
        self.crc.combine(&done.crc);
        Ok(())
    }
}

impl<W: Write> Write for ParallelGzip<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // a full chunk goes only when more follows, so that the last one is never empty without need
        if self.chunk.len() == CHUNK && !bytes.is_empty() {
            self.submit(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The threads; started one by one as chunks come, so that a small layer starts one.
struct Workers {
    level: u32,
    max: usize,
    jobs: Option<SyncSender<Job>>,
    queue: Arc<Mutex<Receiver<Job>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    fn new(level: u32, threads: NonZeroUsize) -> Workers {
        let (jobs, queue) = sync_channel(threads.get() * 2);
        let queue = Arc::new(Mutex::new(queue));
        Workers {
            level,
            max: threads.get(),
            jobs: Some(jobs),
            queue,
            threads: Vec::new(),
        }
    }

    fn submit(&mut self, job: Job) -> io::Result<()> {
        if self.threads.len() < self.max {
            let (queue, level) = (Arc::clone(&self.queue), self.level);
            let thread = std::thread::Builder::new().name("gzip".into());
            self.threads
                .push(thread.spawn(move || work(&queue, level))?);
        }
        let jobs = self
            .jobs
            .as_ref()
            .expect("the channel is closed by drop only");
        jobs.send(job)
            .map_err(|_| io::Error::other("the compression threads are gone"))
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // a thread that panicked has dropped its reply, which the caller has seen as an error
            let _ = thread.join();
        }
    }
}

fn work(queue: &Mutex<Receiver<Job>>, level: u32) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job {
            chunk,
            previous,
            last,
            reply,
        }) = job
        else {
            return;
        };
        let mut crc = Crc::new();
        crc.update(&chunk);
        let compressed = deflate(&chunk, &previous, last, level);
        // the caller may have given up
        let _ = reply.send(Done { compressed, crc });
    }
}

/// One chunk as a run of DEFLATE blocks that ends on a byte boundary.
fn deflate(chunk: &[u8], previous: &[u8], last: bool, level: u32) -> io::Result<Vec<u8>> {
    let mut state = Compress::new(Compression::new(level), false);
    let dictionary = &previous[previous.len().saturating_sub(DICTIONARY)..];
    if !dictionary.is_empty() {
        state.set_dictionary(dictionary)?;
    }
    let flush = if last {
        FlushCompress::Finish
    } else {
        FlushCompress::Sync
    };
    // room for what DEFLATE adds to incompressible bytes, and for the flush
    let mut out = Vec::with_capacity(chunk.len() + chunk.len() / 1000 + 128);
    loop {
        let read = usize::try_from(state.total_in()).expect("a chunk fits in memory");
        let status = state.compress_vec(&chunk[read..], &mut out, flush)?;
        let all_read = state.total_in() == chunk.len() as u64;
        match status {
            Status::StreamEnd => return Ok(out),
            // a sync flush is complete when it leaves room in the output
            Status::Ok | Status::BufError if !last && all_read && out.len() < out.capacity() => {
                return Ok(out);
            }
            Status::Ok | Status::BufError => out.reserve(64 << 10),
        }
    }
}
