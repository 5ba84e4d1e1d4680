import { accessSync, constants, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'

const IN_MEMORY = '/dev/shm'
const ROOM_BYTES = 4 * 2 ** 30

/**
 * Where the data directory of a server goes: in memory where nothing has to be on disk and there is room. A database is
 * hundreds of files, and ext4 takes the longer to find an inode the more of them were deleted in the last minutes.
 */
export function dataFolder(durable: boolean): string {
  return !durable && hasRoom(IN_MEMORY) ? IN_MEMORY : tmpdir()
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize >= ROOM_BYTES
  } catch {
    return false
  }
}
