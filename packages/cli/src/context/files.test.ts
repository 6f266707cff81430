import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { failingDisk } from '../fixtures/failing-disk.ts'
import { filesOf, type FileSystem } from './files.ts'

const folder = (): string => mkdtempSync(join(tmpdir(), 'resfn-files-'))

describe('write', () => {
  it('makes the folders on the way and puts the whole file in place', async () => {
    const path = join(folder(), 'a', 'b', 'file.txt')
    await filesOf().write(path, 'whole')
    expect(readFileSync(path, 'utf8')).toBe('whole')
    expect(readdirSync(join(path, '..'))).toEqual(['file.txt'])
  })

  it.each([
    ['ENOSPC', 'the disk is full; free some space'],
    ['EFBIG', 'the file would be larger than is allowed here; raise the limit (ulimit -f)'],
    ['EIO', 'EIO: no'],
  ])('leaves the old file and nothing else when it fails with %s', async (code, reason) => {
    const dir = folder()
    const path = join(dir, 'file.txt')
    writeFileSync(path, 'old')
    await expect(filesOf(failingDisk(code)).write(path, 'the new content')).rejects.toMatchObject({
      _tag: code,
      message: `cannot write ${path}: ${reason}`,
    })
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(dir)).toEqual(['file.txt'])
  })
})

it('a file that must be new is not left half-written', async () => {
  const dir = folder()
  await expect(filesOf(failingDisk('ENOSPC')).create(join(dir, 'lock'), 'text')).rejects.toMatchObject({
    _tag: 'ENOSPC',
  })
  expect(readdirSync(dir)).toEqual([])
})

describe('a file in parts', () => {
  const parts = async function* (fails: boolean): AsyncGenerator<Uint8Array> {
    yield new Uint8Array([1, 2])
    if (fails) throw new Error('no third byte')
    yield new Uint8Array([3])
  }

  it('is written whole or not at all', async () => {
    const dir = folder()
    const path = join(dir, 'file')
    await filesOf().write(path, parts(false))
    expect([...readFileSync(path)]).toEqual([1, 2, 3])
    await expect(filesOf().write(path, parts(true))).rejects.toThrow('no third byte')
    expect([...readFileSync(path)]).toEqual([1, 2, 3])
    expect(readdirSync(dir)).toEqual(['file'])
  })

  it('is read in parts', async () => {
    const path = join(folder(), 'file')
    writeFileSync(path, new Uint8Array([1, 2, 3, 4]))
    const part = new Uint8Array(2)
    await filesOf().readPart(path, part, 1)
    expect([...part]).toEqual([2, 3])
    await expect(filesOf().readPart(path, new Uint8Array(7), 2)).rejects.toMatchObject({ _tag: 'CutShort' })
    await expect(filesOf().readPart(`${path}x`, part, 0)).rejects.toMatchObject({ _tag: 'ENOENT' })
  })
})

describe('the folders above a file', () => {
  it.each([
    ['EROFS', 'the file system is read-only; choose another place'],
    ['EACCES', 'access is not permitted; check the permissions of the folder above it, or choose another place'],
  ])('are named when they cannot be made because of %s', async (code, reason) => {
    const dir = folder()
    const disk: FileSystem = {
      ...fs,
      mkdir: async () => {
        throw Object.assign(new Error(`${code}: no`), { code })
      },
    }
    const rejection = { _tag: code, message: `cannot make the folder ${join(dir, 'a')}: ${reason}` }
    await expect(filesOf(disk).write(join(dir, 'a', 'b', 'file'), '')).rejects.toMatchObject(rejection)
    await expect(filesOf(disk).append(join(dir, 'a', 'b', 'file'), '')).rejects.toMatchObject(rejection)
    await expect(filesOf(disk).makeFolder(join(dir, 'a', 'b'))).rejects.toMatchObject(rejection)
  })

  it.runIf(process.platform === 'linux')('end in an error below /proc', async () => {
    await expect(filesOf().write('/proc/resfn/run/file', '')).rejects.toMatchObject({
      message: expect.stringContaining('cannot make the folder /proc/resfn') as string,
    })
  })
})

describe('read', () => {
  it('names what is missing', async () => {
    const path = join(folder(), 'none')
    await expect(filesOf().read(path)).rejects.toMatchObject({
      _tag: 'ENOENT',
      message: `cannot read ${path}: there is no such file; check the path`,
    })
    await expect(filesOf().read(folder())).rejects.toMatchObject({ _tag: 'EISDIR' })
    expect(await filesOf().kind(path)).toBe('none')
  })
})

it('appends and cuts', async () => {
  const path = join(folder(), 'log')
  const { append, cut, size, readText } = filesOf()
  await append(path, 'one\n')
  await append(path, 'two\n')
  expect(await size(path)).toBe(8)
  await cut(path, 4)
  expect(await readText(path)).toBe('one\n')
})
