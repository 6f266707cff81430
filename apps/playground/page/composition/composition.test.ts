import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createNet } from '@resfn/archs'
import { summary } from '@resfn/layer'
import fc from 'fast-check'
import { either as E } from 'fp-ts'
import { afterAll, describe, expect, it } from 'vitest'
import { type Built, choices, type Composition, counterpart, examples, resnet8 } from './composition.ts'
import { codeOf, netOf } from './design.ts'
import { fromLink, toLink } from './link.ts'

const built: fc.Arbitrary<Built> = fc.record({
  kind: fc.constant('built' as const),
  block: fc.constantFrom(...choices.block),
  blocks: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
  width: fc.constantFrom(16, 32),
  shortcut: fc.constantFrom(...choices.shortcut),
  placement: fc.constantFrom(...choices.placement),
  groups: fc.constantFrom(1, 4),
  attention: fc.constantFrom(...choices.attention),
})
const input = [28, 28, 1]

describe('a composition', () => {
  it('is a net of ten classes, whatever is chosen', () => {
    fc.assert(
      fc.property(built, (composition) => {
        const { output, rows } = summary(netOf(composition, 10, 1), input)
        expect(output).toEqual([10])
        expect(rows.filter(({ path }) => /^layer\d\.\d+$/.test(path))).toHaveLength(
          composition.blocks.reduce((sum, blocks) => sum + blocks),
        )
      }),
      { numRuns: 100 },
    )
  })

  it('has the trees of the nets of that name in the package', () => {
    const same = (composition: Composition, named: string): void => {
      const sizes = (net: Parameters<typeof summary>[0]): readonly unknown[] =>
        summary(net, input)
          .rows.filter(({ params }) => params > 0)
          .map(({ path, params, macs }) => [path, params, macs])
      expect(sizes(netOf(composition, 10, 1))).toEqual(sizes(createNet(named, { classes: 10, channels: 1 })))
    }
    same(resnet8, 'cifar-resnet8')
    same(examples['ResNet-20']!, 'cifar-resnet20')
    same({ ...resnet8, blocks: [3, 3, 3], shortcut: 'project' }, 'cifar-resnet20-b')
    same(examples['Plain-20']!, 'cifar-plain20')
  })

  it('has a counterpart that differs in its shortcuts alone', () => {
    expect(counterpart(resnet8)).toEqual({ ...resnet8, shortcut: 'none' })
    expect(counterpart(counterpart(resnet8))).toEqual(resnet8)
  })
})

describe('a link', () => {
  it('holds any composition', () => {
    fc.assert(
      fc.property(built, (composition) => {
        expect(fromLink(toLink(composition))).toEqual(E.right(composition))
      }),
    )
    for (const composition of Object.values(examples))
      expect(fromLink(toLink(composition))).toEqual(E.right(composition))
  })

  it.each([
    ['blocks=3-x', 'blocks=3-x: must be a whole number from 1 to 60'],
    ['blocks=1-1-1-1-1', 'blocks=1-1-1-1-1: must be numbers of blocks for 1 to 4 stages'],
    ['width=9999', 'width=9999: must be a whole number from 4 to 256'],
    ['attention=all', 'attention=all: must be one of none, se, eca, cbam'],
  ])('that says %s is refused with what is wrong', (link, message) => {
    expect(fromLink(link)).toEqual(E.left(message))
  })
})

describe('the code', () => {
  // Inside the workspace, where the packages are found.
  const folder = join(import.meta.dirname, '..', '..', '.cache', 'code')
  mkdirSync(folder, { recursive: true })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const compositions: readonly Composition[] = [
    ...Object.values(examples),
    ...fc.sample(built, { numRuns: 20, seed: 1 }),
    { kind: 'named', name: 'seresnext50_32x4d' },
  ]

  it('compiles in strict mode, and makes the same net', async () => {
    compositions.forEach((composition, i) => writeFileSync(join(folder, `net${i}.ts`), codeOf(composition, 10, 1)))
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../../../tsconfig.base.json',
        compilerOptions: {
          composite: false,
          declaration: false,
          declarationMap: false,
          isolatedDeclarations: false,
          noEmit: true,
          noUnusedLocals: true,
        },
        include: ['*.ts'],
      }),
    )
    const tsc = join(import.meta.dirname, '..', '..', '..', '..', 'node_modules', '.bin', 'tsc')
    execFileSync(tsc, ['-p', folder], { encoding: 'utf8' })
    for (const [i, composition] of compositions.entries()) {
      const { net } = await import(join(folder, `net${i}.ts`))
      expect(summary(net, input)).toEqual(summary(netOf(composition, 10, 1), input))
    }
  })

  it('reads as a person would write it', () => {
    expect(codeOf(resnet8, 10, 1)).toMatchInlineSnapshot(`
      "import { relu } from '@resfn/activation'
      import { batchNorm } from '@resfn/batch-norm'
      import { conv2d } from '@resfn/conv2d'
      import { dense } from '@resfn/dense'
      import { identityAdd } from '@resfn/identity-add'
      import { followedBy, sequential } from '@resfn/layer'
      import { globalAvgPool } from '@resfn/pool'
      import { projectedAdd, subsampleAndPad } from '@resfn/projected-add'
      import { stage } from '@resfn/stage'

      const branch = (out: number, stride: number) =>
        sequential({
          conv1: conv2d({ out, size: 3, stride }),
          bn1: batchNorm(),
          act1: relu,
          conv2: conv2d({ out, size: 3 }),
          bn2: batchNorm(),
        })

      const change = (out: number, stride: number) =>
        followedBy(projectedAdd(branch(out, stride), subsampleAndPad({ out, stride })), relu)

      const keep = (out: number) => followedBy(identityAdd(branch(out, 1)), relu)

      export const net = sequential({
        conv1: conv2d({ out: 16, size: 3 }),
        bn1: batchNorm(),
        relu,
        layer1: stage({ first: keep(16), rest: keep(16), blocks: 1 }),
        layer2: stage({ first: change(32, 2), rest: keep(32), blocks: 1 }),
        layer3: stage({ first: change(64, 2), rest: keep(64), blocks: 1 }),
        globalAvgPool,
        fc: dense({ out: 10 }),
      })
      "
    `)
    for (const composition of compositions)
      for (const line of codeOf(composition, 10, 1).split('\n')) expect(line.length).toBeLessThanOrEqual(110)
  })
})
