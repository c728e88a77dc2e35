//! Turns at hashing passwords: a few at a time, with memory that goes from one to the next.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::Block;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What one hash is computed in: 19 MiB, whose pages cost the system as long to find as the hash takes.
pub type Memory = Vec<Block>;

/// Who may hash, and the memory of those who are done.
pub struct Hashing {
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    spare: Mutex<Vec<Memory>>,
}

/// A turn. While others wait its memory is handed on when it is dropped, and else it goes back to the system.
pub struct Turn {
    hashing: Arc<Hashing>,
    memory: Memory,
    _permit: OwnedSemaphorePermit,
}

impl Hashing {
    /// For so many at once: each takes a core.
    pub fn new(at_once: usize) -> Arc<Self> {
        Arc::new(Self {
            permits: Arc::new(Semaphore::new(at_once)),
            waiting: AtomicUsize::new(0),
            spare: Mutex::default(),
        })
    }

    /// Waits for a turn, at most so long. None if there is none by then.
    pub async fn turn(self: &Arc<Self>, patience: Duration) -> Option<Turn> {
        let _waits = Waits::count(&self.waiting);
        let permit = tokio::time::timeout(patience, self.permits.clone().acquire_owned()).await;
        let permit = permit.ok()?.ok()?;
        let spare = self.spare().pop();
        Some(Turn {
            hashing: self.clone(),
            memory: spare.unwrap_or_default(),
            _permit: permit,
        })
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Vec<Memory>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// So many blocks, of which nothing is known.
    pub fn memory(&mut self, blocks: usize) -> &mut [Block] {
        if self.memory.len() < blocks {
            self.memory.resize(blocks, Block::new());
        }
        &mut self.memory[..blocks]
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Before the permit, so that whoever gets that finds it.
        let mut spare = self.hashing.spare();
        match self.hashing.waiting.load(Ordering::Relaxed) {
            0 => spare.clear(),
            _ => spare.push(std::mem::take(&mut self.memory)),
        }
    }
}

/// Counts one who waits, until it is dropped.
struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn count(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn memory_goes_to_whoever_waits_and_else_back() {
        let hashing = Hashing::new(1);
        let mut first = hashing.turn(LONG).await.unwrap();
        first.memory(64);
        let next = tokio::spawn({
            let hashing = hashing.clone();
            async move { hashing.turn(LONG).await.unwrap() }
        });
        tokio::task::yield_now().await;
        assert!(hashing.turn(Duration::ZERO).await.is_none());
        drop(first);
        let next = next.await.unwrap();
        assert_eq!(next.memory.len(), 64);
        drop(next);
        assert!(hashing.spare().is_empty());
        assert!(hashing.turn(LONG).await.unwrap().memory.is_empty());
    }
}
