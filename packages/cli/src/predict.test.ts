import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { resfn, temporaryFolder } from './fixtures/context.ts'
import { lenetWeights } from './fixtures/weights.ts'
import type { Context } from './context/context.ts'

type Images = readonly {
  readonly image: string
  readonly predictions: readonly { readonly class: string; readonly label: number; readonly probability: number }[]
}[]
type Document = {
  readonly net: string
  readonly checkpoint: string
  readonly file: string | null
  readonly classified: number
  readonly failed: readonly {
    readonly image: string
    readonly error: { readonly tag: string; readonly message: string }
  }[]
  readonly images: Images
}

const cwd = temporaryFolder()
const predict = (args: readonly string[], changes: Partial<Context> = {}): ReturnType<typeof resfn> =>
  resfn(['predict', ...args, '--net', 'net.safetensors', '--threads', '1'], { cwd, ...changes })
const documentOf = async (args: readonly string[], changes: Partial<Context> = {}): Promise<Document> => {
  const { stdout, code, stderr } = await predict([...args, '--json'], changes)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return JSON.parse(stdout) as Document
}

/** A grey gradient with a bar, another one for each number. */
const picture = (index: number): Promise<Buffer> =>
  sharp(
    Uint8Array.from(
      { length: 28 * 28 },
      (_, at) => ((at % 28) * 9 + (Math.floor(at / 28) === index % 28 ? 200 : 0)) % 256,
    ),
    { raw: { width: 28, height: 28, channels: 1 } },
  )
    .png()
    .toBuffer()

const names = Array.from({ length: 130 }, (_, i) => `many/${String(i).padStart(3, '0')}.png`)

beforeAll(async () => {
  writeFileSync(join(cwd, 'net.safetensors'), await lenetWeights('lenet-bn', [28, 28, 1]))
  for (const folder of ['many', 'photos/deep', 'photos/.hidden', 'bad', 'none'])
    mkdirSync(join(cwd, folder), { recursive: true })
  for (const [i, name] of names.entries()) writeFileSync(join(cwd, name), await picture(i))
  for (const [i, name] of [
    'photos/b.png',
    'photos/deep/a.PNG',
    'photos/.hidden/c.png',
    'photos/c,"d".png',
    'bad/good.png',
  ].entries())
    writeFileSync(join(cwd, name), await picture(i))
  writeFileSync(join(cwd, 'photos', 'notes.txt'), 'no picture by its name')
  writeFileSync(join(cwd, 'bad', 'text.jpg'), 'no picture')
  writeFileSync(join(cwd, 'bad', 'empty.jpg'), '')
  writeFileSync(join(cwd, 'bad', 'cut.png'), (await picture(0)).subarray(0, 80))
  // What an iPhone writes.
  writeFileSync(join(cwd, 'bad', 'phone.HEIC'), '\0\0\0\u0018ftypheic\0\0\0\0mif1heic')
  symlinkSync('nowhere', join(cwd, 'bad', 'dangling.png'))
  symlinkSync('self.png', join(cwd, 'bad', 'self.png'))
  symlinkSync('..', join(cwd, 'bad', 'above'))
})

describe('resfn predict', () => {
  it('takes files, folders and patterns, in order', async () => {
    const found = async (...args: readonly string[]): Promise<readonly string[]> =>
      (await documentOf(args)).images.map(({ image }) => image.slice(cwd.length + 1))
    expect(await found('photos')).toEqual(['photos/b.png', 'photos/c,"d".png', 'photos/deep/a.PNG'])
    expect(await found('many/007.png', 'photos/b.png')).toEqual(['many/007.png', 'photos/b.png'])
    expect(await found('many/00?.png')).toEqual(names.slice(0, 10))
    expect(await found('photos/**/*.{png,PNG}')).toEqual(['photos/b.png', 'photos/c,"d".png', 'photos/deep/a.PNG'])
    expect(await found('pho*')).toEqual(['photos/b.png', 'photos/c,"d".png', 'photos/deep/a.PNG'])
    expect(await found(join(cwd, 'many', '00[1-3].png'))).toEqual(names.slice(1, 4))
  })

  it('says the same of a picture alone, in a batch, first or behind --net, and from standard input', async () => {
    const all = await documentOf(['many'])
    expect(all).toMatchObject({ net: 'lenet-bn', classified: 130, failed: [], file: null })
    expect(all.images.map(({ image }) => image)).toEqual(names.map((name) => join(cwd, name)))
    for (const i of [0, 99, 100, 129]) {
      const alone = await documentOf([names[i]!])
      expect(alone.images[0]!.predictions.map((one) => one.label)).toEqual(
        all.images[i]!.predictions.map((one) => one.label),
      )
      expect(alone.images[0]!.predictions[0]!.probability).toBeCloseTo(all.images[i]!.predictions[0]!.probability, 5)
    }
    const alone = await documentOf([names[3]!])
    const first = await resfn(['predict', 'net.safetensors', names[3]!, '--threads', '1', '--json'], { cwd })
    expect(JSON.parse(first.stdout)).toEqual(alone)
    const piped = await documentOf(['-'], { stdin: () => picture(3) })
    expect(piped.images).toEqual([{ ...alone.images[0], image: '-' }])
  })

  it('shows a table, with as many classes as asked', async () => {
    const one = await predict([names[0]!, '--top', '3'])
    expect(one.stdout).toMatch(/^(class \d +\d+\.\d %\n){3}$/)
    const { stdout } = await predict(['photos', '--top', '3'])
    expect(stdout).toMatch(/^photos\/b\.png +class \d +\d+\.\d % {2}class \d \d+\.\d %, class \d \d+\.\d %$/m)
    expect(stdout).toMatch(/^3 of 3 pictures classified$/m)
    expect((await documentOf([names[0]!])).images[0]!.predictions).toHaveLength(5)
    // A long path leaves room for the classes.
    mkdirSync(join(cwd, 'a-folder-with-a-name-that-takes-a-line'))
    for (const name of ['one.png', 'two.png'])
      writeFileSync(join(cwd, 'a-folder-with-a-name-that-takes-a-line', name), await picture(1))
    const far = await predict(['a-folder-with-a-name-that-takes-a-line', '--top', '1'], { columns: () => 60 })
    expect(far.stdout).toMatch(/^…at-takes-a-line\/one\.png {2}class \d +\d+\.\d %$/m)
  })

  it('shows how far it is on a terminal, and clears the line', async () => {
    const shown: string[] = []
    await predict(['many'], {
      live: { show: (text) => void shown.push(text), clear: () => void shown.push('cleared') },
    })
    expect(shown[0]).toMatch(/^█+░+ 100\/130 pictures .*\/s .* left$/)
    expect(shown.at(-1)).toBe('cleared')
    expect((await predict(['many'])).stderr).not.toContain('pictures  ')
    // Elsewhere a line now and then.
    let now = 0
    const slow = await predict(['many'], { now: () => (now += 10_000) })
    expect(slow.stderr).toMatch(/^100\/130 pictures {2}\d+\/s {2}.* left$/m)
  })

  it('stops at Ctrl-C, and writes nothing', async () => {
    const signal = AbortSignal.abort('SIGINT')
    const { code, stderr } = await predict(['many', '--out', 'stopped.csv'], {
      interrupts: () => ({ signal, release: () => {} }),
    })
    expect({ code, stderr }).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('stopped after 0 of 130 pictures') as string,
    })
    expect(existsSync(join(cwd, 'stopped.csv'))).toBe(false)
    expect(readdirSync(cwd).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('a picture that cannot be read', () => {
  it('is named, counted and left out', async () => {
    const { classified, failed, images } = await documentOf(['bad'])
    expect(classified).toBe(1)
    expect(images.map(({ image }) => image)).toEqual([join(cwd, 'bad', 'good.png')])
    expect(failed.map(({ image, error }) => [image.slice(cwd.length + 5), error.tag])).toEqual([
      ['cut.png', 'DamagedImage'],
      ['dangling.png', 'ENOENT'],
      ['empty.jpg', 'EmptyFile'],
      ['phone.HEIC', 'UnsupportedImage'],
      ['self.png', 'ELOOP'],
      ['text.jpg', 'NotAnImage'],
    ])
    const { stdout, stderr } = await predict(['bad'])
    expect(stderr).toContain(`left out: ${join(cwd, 'bad', 'empty.jpg')} is empty; get the file again`)
    expect(stdout).toContain('1 of 7 pictures classified, 6 left out')
  })

  it('ends the work where that is asked for, where it is alone, and where there is no other', async () => {
    const failing = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await predict(args)
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      return stderr
    }
    expect(await failing('bad', '--strict')).toContain(`resfn: ${join(cwd, 'bad', 'cut.png')} is damaged or cut short`)
    expect(await failing('bad/text.jpg')).toContain(`resfn: ${join(cwd, 'bad', 'text.jpg')} is not an image`)
    expect(await failing('bad/text.jpg', 'bad/empty.jpg')).toContain('none of the 2 pictures could be read')
    expect(await failing('-')).toContain('resfn: standard input is empty')
  })

  it('may be a folder that leads to itself, or a pipe', async () => {
    if (process.platform !== 'win32') {
      // A folder of pictures that also holds a link to all of the disk.
      mkdirSync(join(cwd, 'odd'))
      symlinkSync('.', join(cwd, 'odd', 'again'))
      symlinkSync('/', join(cwd, 'odd', 'all'))
      spawnSync('mkfifo', [join(cwd, 'odd', 'pipe.png')])
      writeFileSync(join(cwd, 'odd', 'one.png'), await picture(1))
      const { stderr, stdout } = await predict(['odd', '--json'])
      expect((JSON.parse(stdout) as Document).classified).toBe(1)
      expect(stderr).toContain(`note: ${join(cwd, 'odd', 'again')} leads to`)
      expect((await documentOf(['odd/**/*.png'])).images).toHaveLength(1)
    }
  })
})

describe('--out', () => {
  it('writes a table, with the names as they are', async () => {
    const { stdout } = await predict(['photos', 'bad/text.jpg', '--out', 'said.csv', '--top', '2'])
    expect(stdout).toBe(`3 of 4 pictures classified, 1 left out: ${join(cwd, 'said.csv')}\n`)
    const lines = readFileSync(join(cwd, 'said.csv'), 'utf8').split('\n')
    expect(lines[0]).toBe('image,rank,class,label,probability,error')
    expect(lines[1]).toMatch(/^.*\/photos\/b\.png,1,class (\d),\1,0\.\d+,$/)
    expect(lines[2]).toMatch(/^.*\/photos\/b\.png,2,class (\d),\1,0\.\d+,$/)
    expect(lines[3]).toContain(`"${cwd}/photos/c,""d"".png",1,`)
    expect(lines[7]).toMatch(/text\.jpg,,,,,.*is not an image/)
    expect(lines).toHaveLength(9)
  })

  it('writes one JSON object a line', async () => {
    const found = await documentOf(['photos', 'bad/empty.jpg', '--out', 'deep/said.jsonl'])
    expect(found).toMatchObject({ file: join(cwd, 'deep', 'said.jsonl'), classified: 3, failed: { length: 1 } })
    expect(found).not.toHaveProperty('images')
    const lines = readFileSync(join(cwd, 'deep', 'said.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(lines.slice(0, 3)).toEqual((await documentOf(['photos'])).images)
    expect(lines[3]).toEqual(found.failed[0])
  })

  it('leaves the old file where the work fails', async () => {
    writeFileSync(join(cwd, 'old.csv'), 'old')
    expect(await predict(['many/000.png', 'bad', '--strict', '--out', 'old.csv'])).toMatchObject({ code: 1 })
    expect(readFileSync(join(cwd, 'old.csv'), 'utf8')).toBe('old')
  })
})

describe('a wrong command line', () => {
  it.each([
    [['--out', 'said.txt', 'photos'], 2, 'give a name that ends in .csv or .jsonl'],
    [['many/1000.png'], 1, 'there is no such file; did you mean 000.png, 100.png'],
    [['many/*.jpg'], 1, 'no file fits many/*.jpg; check the pattern'],
    [['none'], 1, 'there is no picture in it or below it'],
    [[], 2, 'give an image file, or --index N'],
    [['--top', '0', 'photos'], 2, 'give a whole number from 1'],
    [['--invert', 'maybe', 'photos'], 2, 'give auto, yes or no'],
    [['--tpo', '3', 'photos'], 2, 'did you mean --top'],
    [['--strictly', 'photos'], 2, 'did you mean --strict'],
  ])('is refused: %j', async (args, code, message) => {
    expect(await predict(args)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) as string })
  })

  it('is refused without anything to look at', async () => {
    expect(await resfn(['predict'], { cwd })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('say what to look at: resfn predict PATHS…') as string,
    })
  })

  it('has help with examples', async () => {
    expect((await resfn(['predict', '--help'])).stdout).toContain('resfn predict shoe.jpg --net runs/quick')
  })
})
