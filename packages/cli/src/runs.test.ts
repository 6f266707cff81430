import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decode, encode } from '@resfn/safetensors'
import { backend } from '@tensorflow/tfjs-core'
import { either as E } from 'fp-ts'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Context } from './context/context.ts'
import { type Ran, resfn, temporaryFolder } from './fixtures/context.ts'
import { writeImages } from './fixtures/images.ts'

const cwd = temporaryFolder()
const log = (run: string): string => join(cwd, run, 'log.jsonl')

const train = (args: readonly string[], changes: Partial<Context> = {}): Promise<Ran> =>
  resfn(['train', ...args, '--threads', '1'], { cwd, ...changes })
const small = ['--preset', 'lenet-bn', '--data', 'images', '--batch', '10', '--epochs', '2']
const resume = (run: string, changes: Partial<Context> = {}): Promise<Ran> =>
  resfn(['train', '--resume', run], { cwd, ...changes })

/** A copy of a finished run. */
const copy = (name: string): string => {
  cpSync(join(cwd, 'run'), join(cwd, name), { recursive: true })
  return name
}

beforeAll(async () => {
  writeImages(join(cwd, 'images'))
  expect(await train([...small, '--out', 'run'])).toMatchObject({ code: 0 })
})

describe('folders of runs', () => {
  it('are never shared, also by runs that start at the same moment', async () => {
    for (const run of [1, 2]) expect(await train([...small, '--seed', String(run)])).toMatchObject({ code: 0 })
    expect(readdirSync(join(cwd, 'runs'))).toEqual(['2026-01-02-030405-lenet-bn', '2026-01-02-030405-lenet-bn-2'])
  })

  it('are not made for a batch size that the net cannot train with', async () => {
    writeImages(join(cwd, 'eleven'), { train: 11, test: 5 })
    expect(
      await train(['--data', 'eleven', '--net', 'resnet18', '--batch', '5', '--out', 'last-of-one']),
    ).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        '11 training images in batches of 5 leave a last batch of 1, and batch normalisation in resnet18 needs more than that; take another --batch, such as 6',
      ) as string,
    })
    expect(existsSync(join(cwd, 'last-of-one'))).toBe(false)
  })

  it('are left unlocked', () => {
    expect(readdirSync(join(cwd, 'run')).sort()).toEqual([
      'args.json',
      'checkpoint.safetensors',
      'events.out.tfevents.resfn',
      'log.jsonl',
      'report.html',
    ])
  })

  it('that are in use are not touched', async () => {
    const run = copy('used')
    const before = readFileSync(log(run))
    // The process of the test context.
    writeFileSync(join(cwd, run, 'run.lock'), '{"pid":1,"host":"test","started":"1"}\n')
    writeFileSync(join(cwd, run, '.0123456789ab.tmp'), 'half')
    expect(await resume(run)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('used is in use by another resfn (process 1)') as string,
    })
    renameSync(join(cwd, run, 'checkpoint.safetensors'), join(cwd, 'away'))
    expect(await train([...small, '--out', run])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('used is in use by another resfn') as string,
    })
    expect(readFileSync(log(run))).toEqual(before)
    expect(existsSync(join(cwd, run, '.0123456789ab.tmp'))).toBe(true)
  })

  it('of a killed process are taken over, and cleaned', async () => {
    const run = copy('killed')
    writeFileSync(join(cwd, run, 'run.lock'), '{"pid":4711,"host":"test","started":"1"}\n')
    writeFileSync(join(cwd, run, '.0123456789ab.tmp'), 'half')
    writeFileSync(join(cwd, run, '.notes.tmp'), 'of the user')
    expect(await resume(run)).toMatchObject({ code: 0 })
    expect(readdirSync(join(cwd, run)).sort()).toEqual([
      '.notes.tmp',
      'args.json',
      'checkpoint.safetensors',
      'events.out.tfevents.resfn',
      'log.jsonl',
      'report.html',
    ])
  })
})

describe('a damaged log', () => {
  it('is named with its line before training starts', async () => {
    const run = copy('broken')
    writeFileSync(log(run), readFileSync(log(run), 'utf8').replace('"step":3', '"step":,'))
    const { stderr, code } = await resume(run)
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^resfn: .*log\.jsonl, line 3: it is not JSON; put the log of this run back, or move it away/,
    )
  })

  it('that was moved away begins anew, and the report says so', async () => {
    const run = copy('moved')
    const report = join(cwd, run, 'report.html')
    renameSync(log(run), join(cwd, 'old.jsonl'))
    expect(await resume(run)).toMatchObject({ code: 0, stderr: expect.stringContaining('is gone') as string })
    expect(readFileSync(report, 'utf8')).not.toContain('Training</h2>')
    // Also for one who resumes again.
    expect(await resume(run)).toMatchObject({ code: 0 })
  })
})

describe('a run that is paused', () => {
  const tensorsOf = (run: string): unknown => {
    const file = decode(new Uint8Array(readFileSync(join(cwd, run, 'checkpoint.safetensors'))))
    if (E.isLeft(file)) throw new Error(file.left.message)
    return [...file.right.tensors].map(([name, { data }]) => [name, Buffer.from(data).toString('base64')])
  }

  it('ends after the epoch that was asked for, and goes on to the weights of the unbroken run', async () => {
    const first = await train([...small, '--pause-after', '1', '--out', 'paused', '--json'])
    expect({ code: first.code, said: JSON.parse(first.stdout) as unknown }).toMatchObject({
      code: 0,
      said: { epochs: 2, steps: 6, paused: true },
    })
    expect(readFileSync(join(cwd, 'paused', 'report.html'), 'utf8')).toContain('paused after 1 of 2 epochs')
    const again = await resfn(['train', '--resume', 'paused', '--pause-after', '1'], { cwd })
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/^paused after 1 of 2 epochs; go on with/m) })
    const last = await resfn(['train', '--resume', 'paused', '--pause-after', '2', '--json'], { cwd })
    expect(JSON.parse(last.stdout)).toMatchObject({ steps: 12, paused: false })
    expect(tensorsOf('paused')).toEqual(tensorsOf('run'))
  })
})

describe('a run that diverges', () => {
  it('ends with its report where only the evaluation is NaN', async () => {
    const steep = ['--lr', '1e12', '--schedule', 'constant', '--weight-decay', '0']
    const quick = ['--preset', 'quick', '--data', 'images', '--images', '20', '--batch', '10', '--epochs', '1']
    const first = await train([...quick, ...steep, '--out', 'nan', '--json'])
    expect(first.stderr).toMatch(/^epoch 1\/1 .*test loss NaN/m)
    expect(first.code).toBe(0)
    expect(JSON.parse(first.stdout)).toMatchObject({ test: { loss: null } })
    expect(readFileSync(join(cwd, 'nan', 'report.html'), 'utf8')).toContain(
      'The test loss is NaN: the training diverged.',
    )
    expect(await resume('nan')).toMatchObject({ code: 0, stdout: expect.stringContaining('test loss NaN') as string })
  })

  it('leaves a report where a step is not finite', async () => {
    const { stderr, code } = await train([...small, '--lr', '1e38', '--out', 'overflow'])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /step \d+: the loss is .* is kept in .*overflow, with a report; start a new one with a smaller/,
    )
    expect(readFileSync(join(cwd, 'overflow', 'report.html'), 'utf8')).toMatch(/The training stopped after step \d+/)
  })
})

describe('a device that is lost', () => {
  it('ends the run with its name, and the run goes on from the last checkpoint', async () => {
    const device = backend()
    const read = device.read.bind(device)
    let reads = 0
    device.read = async (data) => {
      if (++reads > 40) throw Object.assign(new Error('the GPU is lost (unknown)'), { _tag: 'DeviceLost' })
      return read(data)
    }
    try {
      const { stderr, code } = await train([...small, '--out', 'lost'])
      expect(code).toBe(1)
      expect(stderr).toMatch(
        /^resfn: the GPU is lost \(unknown\); the last checkpoint is kept; go on with: resfn train --resume .*lost, or on another backend with --backend wasm$/m,
      )
    } finally {
      device.read = read
    }
    expect(await resume('lost')).toMatchObject({ code: 0 })
  })
})

describe('a run that goes on with another engine', () => {
  const other: Partial<Context> = { versions: { resfn: '1.2.3', node: '99.1.0', tfjs: '4.22.0' } }

  it('warns, and the report says so', async () => {
    const run = 'elsewhere'
    const interrupts = () => ({ signal: AbortSignal.abort('SIGINT'), release: () => {} })
    expect(await train([...small, '--out', run], { interrupts })).toMatchObject({ code: 130 })
    const { stderr, code } = await resume(run, other)
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /^warning: until now the run was computed by Node 20\.19\.0, wasm .*, from now on by Node 99\.1\.0, /m,
    )
    expect(readFileSync(join(cwd, run, 'report.html'), 'utf8')).toMatch(/computed by Node 20.*, then Node 99/)
  })

  it('takes another number of threads when asked, and keeps it', async () => {
    const run = copy('threads')
    const long = ['--preset', 'lenet-bn', '--data', 'images', '--batch', '10', '--epochs', '40', '--out', 'long']
    const stopped = { signal: AbortSignal.abort('SIGINT'), release: () => {} }
    expect(await train(long, { interrupts: () => stopped })).toMatchObject({ code: 130 })
    const more = await resfn(['train', '--resume', 'long', '--threads', '2'], { cwd, interrupts: () => stopped })
    expect(more.code).toBe(130)
    expect(more.stderr).toMatch(/^backend wasm \(2 threads/m)
    expect(more.stderr).toMatch(/^warning: until now the run was computed by .*1 thread.*, from now on by .*2 threads/m)
    const again = await resume('long', { interrupts: () => stopped })
    expect(again.stderr).toMatch(/^backend wasm \(2 threads/m)
    expect(again.stderr).not.toContain('warning')
    expect(await resfn(['train', '--resume', run, '--backend', 'wsam'], { cwd })).toMatchObject({ code: 2 })
  })

  it('takes another backend when asked, and says so', async () => {
    const stopped = { signal: AbortSignal.abort('SIGINT'), release: () => {} }
    expect(await train([...small, '--out', 'on-cpu'], { interrupts: () => stopped })).toMatchObject({ code: 130 })
    const { stdout, stderr, code } = await resfn(['train', '--resume', 'on-cpu', '--backend', 'cpu', '--json'], { cwd })
    expect(code).toBe(0)
    expect(stderr).toMatch(/^warning: until now the run was computed by .*wasm.*, from now on by .*cpu/m)
    expect(JSON.parse(stdout)).toMatchObject({ backend: 'cpu', threads: null })
  })

  it('does not warn where nothing is left to do', async () => {
    expect((await resume(copy('finished'), other)).stderr).not.toContain('warning')
  })

  it('does not warn on the same', async () => {
    expect((await resume(copy('here'))).stderr).not.toContain('warning')
  })
})

describe('a run that somebody sent', () => {
  const evil = '"\'><img src=x onerror=alert(1)><script>alert(1)</script>'

  /** Metadata with markup in place of each string that no schema restricts. */
  const withMarkup = (run: string): void => {
    const path = join(cwd, run, 'checkpoint.safetensors')
    const file = decode(new Uint8Array(readFileSync(path)))
    if (E.isLeft(file)) throw new Error(file.left.message)
    const { metadata, tensors } = file.right
    const description = JSON.parse(metadata.get('description')!) as {
      readonly net: object
      readonly training: { readonly settings: object }
    }
    const { net, training } = description
    const changed = {
      net: { ...net, classes: Array.from({ length: 10 }, (_, i) => `${evil}${i}`) },
      training: { ...training, engines: [evil], settings: { ...training.settings, preset: evil } },
    }
    const bytes = encode({
      tensors: [...tensors],
      metadata: [...new Map(metadata).set('description', JSON.stringify(changed))],
    })
    if (E.isLeft(bytes)) throw new Error(bytes.left.message)
    writeFileSync(path, bytes.right)
  }

  it('writes none of its markup into the report', async () => {
    const run = `<img src=x onerror=alert(2)>`
    cpSync(join(cwd, 'images'), join(cwd, `${run} & images`), { recursive: true })
    copy(run)
    withMarkup(run)
    writeFileSync(
      join(cwd, run, 'args.json'),
      JSON.stringify({ started: evil, settings: { net: evil }, machine: evil }),
    )
    const { code, stderr } = await resfn(['train', '--resume', run, '--data', `${run} & images`], {
      cwd,
      machine: evil,
      versions: { resfn: evil, node: evil, tfjs: evil },
    })
    expect({ code, stderr }).toMatchObject({ code: 0 })
    const page = readFileSync(join(cwd, run, 'report.html'), 'utf8')
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(page).toContain('&lt;img src=x onerror=alert(2)&gt; &amp; images')
    expect(page).not.toMatch(/<img src=x|<script/)
  })

  it('is refused where its log has markup in place of a number', async () => {
    const run = copy('sent')
    const lines = readFileSync(log(run), 'utf8').trimEnd().split('\n')
    const fields = new Set(lines.flatMap((line) => Object.keys(JSON.parse(line) as object)))
    expect(fields.size).toBeGreaterThan(12)
    for (const field of fields) {
      const at = lines.findIndex((line) => Object.hasOwn(JSON.parse(line) as object, field))
      const damaged = JSON.stringify({ ...(JSON.parse(lines[at]!) as object), [field]: evil.repeat(20) })
      writeFileSync(log(run), `${lines.with(at, damaged).join('\n')}\n`)
      expect(await resume(run)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(new RegExp(`log\\.jsonl, line ${at + 1}: ${field}: `)) as string,
      })
    }
  })
})
