import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeCheckpoint } from '@resfn/checkpoint'
import { beforeAll, describe, expect, it } from 'vitest'
import { filesOf } from './context/files.ts'
import { type Ran, resfn as run, temporaryFolder } from './fixtures/context.ts'
import { writeImages } from './fixtures/images.ts'

const cwd = temporaryFolder()
const resfn = (line: string): Promise<Ran> => run(line.split(' '), { cwd })

const tensorsOf = (name: string): ReadonlyMap<string, string> => {
  const checkpoint = decodeCheckpoint(new Uint8Array(readFileSync(join(cwd, name, 'checkpoint.safetensors'))))
  if (checkpoint._tag === 'Left') throw new Error(checkpoint.left.message)
  return new Map([...checkpoint.right.tensors].map(([path, { data }]) => [path, Buffer.from(data).toString('base64')]))
}
const done = async (line: string): Promise<Ran> => {
  const ran = await resfn(line)
  if (ran.code !== 0) throw new Error(ran.stderr)
  return ran
}

/** Trains, is interrupted after a line of the log, and is resumed. */
const interrupted = async (line: string, name: string, after: number): Promise<void> => {
  const abort = new AbortController()
  const files = filesOf()
  let lines = 0
  const ran = await run(`${line} --out ${name}`.split(' '), {
    cwd,
    interrupts: () => ({ signal: abort.signal, release: () => undefined }),
    files: {
      ...files,
      append: async (path, text) => {
        await files.append(path, text)
        if (path.endsWith('log.jsonl') && ++lines === after) abort.abort('SIGINT')
      },
    },
  })
  expect(ran.code).toBe(130)
  await done(`train --resume ${name}`)
}

const net = 'train --net cifar-resnet8 --data images --batch 20 --epochs 2 --threads 1 --seed 3'
const tune = `${net} --from base --freeze stem,layer1..2`

beforeAll(async () => {
  writeImages(join(cwd, 'images'))
  await done(`${net} --out base`)
})

describe('--ema with frozen parts and weight decay', () => {
  const line = `${tune} --weight-decay 0.1 --lr 0.5 --ema 0.6 --patience 5`

  it('moves nothing that is frozen by a bit, neither weights nor statistics, and averages the others', async () => {
    await done(`${line} --out averaged`)
    const [before, after] = [tensorsOf('base'), tensorsOf('averaged')]
    const isFrozen = (path: string): boolean => /^(params|state|optimiser\.\w+)\.(conv1|bn1|layer1|layer2)\./.test(path)
    let [kept, moved] = [0, 0]
    for (const [path, values] of before) {
      if (!/^(params|state)\./.test(path)) continue
      const [average, learned] = [after.get(path), after.get(`learning.${path}`)]
      expect(learned, path).toBeDefined()
      if (isFrozen(path)) {
        expect([average, learned], path).toEqual([values, values])
        kept++
      } else {
        expect(average, path).not.toBe(values)
        expect(average, path).not.toBe(learned)
        moved++
      }
    }
    expect(Math.min(kept, moved)).toBeGreaterThan(5)
    expect([...before.keys()].some((path) => path.startsWith('state.') && isFrozen(path))).toBe(true)
    expect([...after.keys()].some((path) => path.startsWith('optimiser.') && isFrozen(path))).toBe(false)
  })

  it('evaluates and keeps the average', async () => {
    const { test } = JSON.parse((await done('eval averaged --json')).stdout) as { readonly test?: unknown }
    expect(test).toBeUndefined()
    const { loss } = JSON.parse((await done('eval averaged --json')).stdout) as { readonly loss: number }
    const events = readFileSync(join(cwd, 'averaged', 'log.jsonl'), 'utf8')
      .trim()
      .split('\n')
    const evaluations = events
      .map((text) => JSON.parse(text) as { readonly type: string; readonly loss: number })
      .filter(({ type }) => type === 'evaluation')
    expect(evaluations.at(-1)!.loss).toBeCloseTo(loss, 5)
    // The best weights are the average as well.
    const best = evaluations.map(({ loss: each }) => each)
    const kept = JSON.parse((await done('eval averaged/best.safetensors --data images --json')).stdout) as {
      readonly loss: number
    }
    expect(best.some((each) => Math.abs(each - kept.loss) < 1e-4)).toBe(true)
    const args = JSON.parse(readFileSync(join(cwd, 'averaged', 'args.json'), 'utf8')) as { readonly settings: object }
    expect(args.settings).toMatchObject({ ema: 0.6, freeze: 'stem,layer1..2' })
  })

  it('is resumed to the same bits', async () => {
    await interrupted(`${line} --save-steps 2`, 'averaged-broken', 2)
    expect(tensorsOf('averaged-broken')).toEqual(tensorsOf('averaged'))
  })
})

describe('--rates', () => {
  it('learns parts at other rates, is noted, and is resumed to the same bits', async () => {
    const line = `${net} --rates stem,layer1=0;fc=2 --lr 0.01 --weight-decay 0`
    const { stderr } = await done(`${line} --from base --out rated`)
    expect(stderr).toContain('rates stem,layer1=0;fc=2')
    const [before, after] = [tensorsOf('base'), tensorsOf('rated')]
    for (const [path, values] of before)
      if (path.startsWith('params.'))
        expect(after.get(path) === values, path).toBe(/^params\.(conv1|bn1|layer1)\./.test(path))
    expect(JSON.parse(readFileSync(join(cwd, 'rated', 'args.json'), 'utf8'))).toMatchObject({
      settings: { rates: 'stem,layer1=0;fc=2' },
    })
    await interrupted(`${line} --from base`, 'rated-broken', 2)
    expect(tensorsOf('rated-broken')).toEqual(tensorsOf('rated'))
  })

  it.each([
    ['--rates layr1=0.1', 'layr1: nothing has such a path; did you mean layer1'],
    ['--rates layer1', 'rates: give factors by parts, such as stem,layer1=0.1;fc=10'],
    ['--rates stem=2 --freeze stem', '--rates: '],
    ['--ema 1', 'give a number from 0 and below 1'],
  ])('%s names what is wrong', async (flags, message) => {
    const { stderr, code } = await resfn(`${net} ${flags} --out wrong`)
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('--teacher', () => {
  const line = `${net} --teacher base --temperature 2 --distillation 0.8`

  it('changes what a net learns, is noted, and is resumed to the same bits', async () => {
    const { stderr } = await done(`${line} --out taught`)
    expect(stderr).toContain(
      `teacher cifar-resnet8 from ${join(cwd, 'base', 'checkpoint.safetensors')}, 0.8 of the loss`,
    )
    expect(tensorsOf('taught').get('params.fc.weight')).not.toBe(tensorsOf('base').get('params.fc.weight'))
    expect(JSON.parse(readFileSync(join(cwd, 'taught', 'args.json'), 'utf8'))).toMatchObject({
      settings: { teacher: join(cwd, 'base'), temperature: 2, distillation: 0.8 },
      teacher: { name: 'cifar-resnet8', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    })
    const report = readFileSync(join(cwd, 'taught', 'report.html'), 'utf8')
    expect(report).toContain('--teacher')
    expect(report).toContain('what counted for Bag in test image')
    await interrupted(line, 'taught-broken', 2)
    expect(tensorsOf('taught-broken')).toEqual(tensorsOf('taught'))
  })

  it('is not replaced by another one when a run is resumed', async () => {
    cpSync(join(cwd, 'base'), join(cwd, 'master'), { recursive: true })
    await done(`${net} --epochs 1 --teacher master --out pupil`.replace('--epochs 2 ', ''))
    cpSync(join(cwd, 'taught', 'checkpoint.safetensors'), join(cwd, 'master', 'checkpoint.safetensors'))
    const { stderr, code } = await resfn('train --resume pupil')
    expect([code, stderr]).toEqual([1, expect.stringContaining('the run learned from other weights of cifar-resnet8')])
  })

  it.each([
    ['--teacher nothing', 'nothing'],
    ['--teacher cifar-resnet8', 'cifar-resnet8 is the name of a net, and its weights are needed'],
    ['--temperature 2', '--temperature and --distillation are about a teacher'],
    ['--teacher base --distillation 2', 'give a number from 0 to 1'],
    [
      '--teacher base --data cifar',
      'tells other classes apart than the images have: T-shirt/top, Trouser, Pullover… and airplane, automobile, bird…',
    ],
  ])('%s names what is wrong', async (flags, message) => {
    cpSync(new URL('../../data/cifar/src/fixtures/cifar-10-batches-py', import.meta.url), join(cwd, 'cifar'), {
      recursive: true,
    })
    const { stderr, code } = await resfn(
      `train --net cifar-resnet8 --threads 1 --batch 2 --data images ${flags} --out wrong`.replace(
        /--data images (.*--data)/,
        '$1',
      ),
    )
    expect(code).toBeGreaterThan(0)
    expect(stderr).toContain(message)
  })
})
