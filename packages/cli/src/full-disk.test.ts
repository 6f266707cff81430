import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publishedFiles } from '@resfn/test-utils'
import { beforeAll, describe, expect, it } from 'vitest'
import { filesOf } from './context/files.ts'
import { resfn, temporaryFolder } from './fixtures/context.ts'
import { failingDisk } from './fixtures/failing-disk.ts'
import { writeImages } from './fixtures/images.ts'
import { pictureFormat } from './image/picture-file.ts'

const cwd = temporaryFolder()
const name = 'cifar-resnet8-b'

beforeAll(async () => {
  mkdirSync(join(cwd, 'net'))
  for (const [file, content] of Object.entries(await publishedFiles(name)))
    writeFileSync(join(cwd, 'net', file), content as Uint8Array)
  mkdirSync(join(cwd, 'photos'))
  for (const [one, grey] of [
    ['a', 20],
    ['b', 200],
  ] as const)
    writeFileSync(
      join(cwd, 'photos', `${one}.png`),
      await pictureFormat('a.png')({
        data: new Uint8Array(3 * 40 * 40).fill(grey),
        width: 40,
        height: 40,
        channels: 3,
      }),
    )
  writeImages(join(cwd, 'images'), { train: 10, test: 10 })
})

const codes = ['ENOSPC', 'EACCES'] as const

describe.each(codes)('where the disk refuses with %s', (code) => {
  const files = filesOf(failingDisk(code))

  it.each([
    ['export net --out', 'net.safetensors'],
    ['export net --threads 1 --out', 'net.onnx'],
    ['import net --out', 'checkpoint.safetensors'],
    ['predict photos --net net --threads 1 --out', 'found.csv'],
    ['embed photos --net net --threads 1 --out', 'vectors.npy'],
    ['similar photos/a.png photos --net net --threads 1 --out', 'page.html'],
    ['explain photos/a.png --net net --threads 1 --out', 'why.png'],
    ['data show --data images --out', 'sheet.png'],
  ])('%s %s names the file, and the old one stays', async (command, file) => {
    writeFileSync(join(cwd, file), 'old')
    const before = readdirSync(cwd)
    const { stdout, code: exit } = await resfn([...command.split(' '), file, '--json'], { cwd, files })
    expect(exit).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      error: { tag: code, message: expect.stringContaining(join(cwd, file)) as string },
    })
    expect(readFileSync(join(cwd, file), 'utf8')).toBe('old')
    expect(readdirSync(cwd)).toEqual(before)
  })

  it('a model of several files leaves none of them', async () => {
    const onPage = filesOf(
      failingDisk(code, (path) => path.endsWith('.tmp') && readdirSync(join(cwd, 'tfjs')).length > 1),
    )
    mkdirSync(join(cwd, 'tfjs'), { recursive: true })
    const args = ['export', 'net', '--format', 'tfjs', '--threads', '1', '--out', 'tfjs', '--json']
    const { stdout } = await resfn(args, { cwd, files: onPage })
    expect(JSON.parse(stdout)).toMatchObject({ error: { tag: code } })
    expect(readdirSync(join(cwd, 'tfjs'))).toEqual([])
  })

  it('a run ends by name, and the checkpoint of before stays whole', async () => {
    const run = `run-${code}`
    const flags = `--preset lenet-bn --data images --batch 10 --epochs 1 --threads 1 --json`.split(' ')
    expect(await resfn(['train', ...flags, '--out', run], { cwd })).toMatchObject({ code: 0 })
    const whole = readFileSync(join(cwd, run, 'checkpoint.safetensors'))
    const before = readdirSync(join(cwd, run))
    const onSave = filesOf(failingDisk(code, (path) => path.endsWith('.tmp')))
    const { stdout, code: exit } = await resfn(['train', '--resume', run, '--json'], { cwd, files: onSave })
    expect(exit).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ error: { tag: code } })
    expect(readFileSync(join(cwd, run, 'checkpoint.safetensors')).equals(whole)).toBe(true)
    expect(readdirSync(join(cwd, run))).toEqual(before)
  })
})
