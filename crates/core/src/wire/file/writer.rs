//! A file that is written while its next pieces arrive.

use std::fs::File;
use std::io::{self, Write};
use std::mem::take;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

/// The number of bytes that are worth the way to another thread.
const BATCH: usize = 512 * 1024;
/// The most pieces that are kept: each can hold on to more memory than it has bytes.
const MOST_PIECES: usize = 64;

/// Writes a file in batches: one is written while the next is collected. Pieces are not copied.
pub(super) struct Writer {
    file: Arc<File>,
    batch: Vec<Bytes>,
    size: usize,
    writing: Option<JoinHandle<io::Result<()>>>,
}

impl Writer {
    pub(super) fn new(file: File) -> Self {
        Self { file: Arc::new(file), batch: Vec::new(), size: 0, writing: None }
    }

    /// Writes a piece, at the latest with [`finish`](Self::finish). An error may be that of an
    /// earlier piece.
    pub(super) async fn write(&mut self, piece: Bytes) -> io::Result<()> {
        self.size += piece.len();
        self.batch.push(piece);
        if self.size >= BATCH || self.batch.len() >= MOST_PIECES {
            self.start(|_| Ok(())).await?;
        }
        Ok(())
    }

    /// Writes what is left, and waits until everything is on the disk.
    pub(super) async fn finish(mut self) -> io::Result<()> {
        self.start(File::sync_all).await?;
        self.written().await
    }

    /// Starts to write the batch, once the one before it is written.
    async fn start(&mut self, finally: fn(&File) -> io::Result<()>) -> io::Result<()> {
        self.written().await?;
        let (file, batch) = (self.file.clone(), take(&mut self.batch));
        self.size = 0;
        self.writing = Some(spawn_blocking(move || {
            batch.iter().try_for_each(|piece| (&*file).write_all(piece))?;
            finally(&file)
        }));
        Ok(())
    }

    async fn written(&mut self) -> io::Result<()> {
        match self.writing.take() {
            Some(writing) => writing.await.map_err(io::Error::other)?,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn pieces_are_written_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut writer = Writer::new(File::create(&path).unwrap());
        let sizes = (0..200).chain([BATCH - 1, 1, 2 * BATCH, 7]);
        let pieces: Vec<_> = sizes.zip(0_u8..).map(|(size, byte)| vec![byte; size]).collect();
        for piece in &pieces {
            writer.write(piece.clone().into()).await.unwrap();
        }
        writer.finish().await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), pieces.concat());
    }

    #[tokio::test]
    async fn a_piece_that_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "").unwrap();
        let mut writer = Writer::new(File::open(&path).unwrap());
        writer.write("a".into()).await.unwrap();
        writer.finish().await.unwrap_err();
    }
}
