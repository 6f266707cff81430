import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Spec } from '@resfn/layer'
import { flatten } from '@resfn/tree'
import { type KeyMap, KeyMapError, keyOf, keysBeside, pathOf, rankOf } from './key-map.ts'
import { nets } from './nets.ts'

describe('a key map', () => {
  it('renames whole segments, wherever they stand', () => {
    const keys: KeyMap = [['mean', 'running_mean']]
    expect(keyOf('mean', keys)).toBe('running_mean')
    expect(keyOf('a.mean.b', keys)).toBe('a.running_mean.b')
    expect(keyOf('meaning.demean', keys)).toBe('meaning.demean')
    expect(pathOf('bn1.running_mean', keys)).toBe('bn1.mean')
  })

  it.each<[what: string, keys: KeyMap, path: string, key: string]>([
    [
      'counts from another number',
      [['layer{s}.{i}', 'stages.{s-1}.blocks.{i+1}']],
      'layer2.3.w',
      'stages.1.blocks.4.w',
    ],
    ['writes two digits', [['layer{s}.{i}', 'block{s}/unit{i+1:02}']], 'layer1.8.w', 'block1/unit09.w'],
    ['writes more digits where they are needed', [['l.{i}', 'unit{i:02}']], 'l.100', 'unit100'],
    ['puts numbers in another order', [['a{s}.{i}', '{i}.b{s}']], 'a1.2', '2.b1'],
    [
      'joins segments',
      [['layer{s}.{i}.conv{j}.weight', 'conv{s+1}_block{i+1}_{j}_conv/kernel']],
      'layer1.0.conv2.weight',
      'conv2_block1_2_conv/kernel',
    ],
    ['keeps a pair to the beginning', [['^conv1', 'layer0.conv1']], 'layer1.0.conv1', 'layer1.0.conv1'],
    ['matches a pair at the beginning', [['^conv1', 'layer0.conv1']], 'conv1.weight', 'layer0.conv1.weight'],
    [
      'takes the first pair that matches',
      [
        ['a.0', 'zero'],
        ['a.{i}', 'some{i}'],
      ],
      'a.0.a.1',
      'zero.some1',
    ],
    [
      'never reads what it wrote',
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
      'a.b.a',
      'b.a.b',
    ],
    ['leaves what no pair matches', [['layer{s}', 'stage{s-1}']], 'layer0.layer01.layerx', 'layer0.layer01.layerx'],
    ['repeats a number', [['b{i}.w', 'b{i}/b{i}.w']], 'b3.w', 'b3/b3.w'],
  ])('%s', (_, keys, path, key) => {
    expect(keyOf(path, keys)).toBe(key)
    expect(pathOf(key, keys)).toBe(path)
  })

  it('reads a repeated number only where it is the same', () => {
    expect(pathOf('b3/b4.w', [['b{i}.w', 'b{i}/b{i}.w']])).toBe('b3/b4.w')
  })

  it('names the keys beside a key', () => {
    const keys: KeyMap = [['bn{i}.mean', '{i}.running_mean', '{i}.num_batches_tracked', '{i}.other']]
    expect(keysBeside('a.bn1.mean', keys)).toEqual(['a.1.num_batches_tracked', 'a.1.other'])
    expect(keysBeside('a.bn1.variance', keys)).toEqual([])
  })
})

describe('the rank of a published tensor', () => {
  const keys: KeyMap = [
    ['fc{j}.weight', 'conv{j}.weight@4'],
    ['fc', 'linear'],
  ]
  it('is said by the pair that matches, and is not part of the key', () => {
    expect(rankOf('layer1.0.fc1.weight', keys)).toBe(4)
    expect(rankOf('fc.weight', keys)).toBeUndefined()
    expect(keyOf('fc1.weight', keys)).toBe('conv1.weight')
    expect(pathOf('conv1.weight', keys)).toBe('fc1.weight')
  })
})

describe('a map that cannot be used throws at its first use and names the pair', () => {
  it.each<[keys: KeyMap, pair: number, message: RegExp]>([
    [
      [
        ['a', 'x'],
        ['b', 'x'],
      ],
      1,
      /ambiguous: the path b has the key x, which is read as a/,
    ],
    [
      [
        ['a', 'x'],
        ['a', 'y'],
      ],
      1,
      /never used/,
    ],
    [
      [
        ['a.{i}', 'b.{i}'],
        ['a.0', 'c'],
      ],
      1,
      /never used/,
    ],
    [
      [
        ['shortcut', 'downsample'],
        ['shortcut.conv', 'downsample.0'],
      ],
      1,
      /never used/,
    ],
    [
      [
        ['a.{i}', 'x.{i}'],
        ['b.{i}', 'x.{i+1}'],
      ],
      1,
      /ambiguous: the path b\.0 has the key x\.1, which is read as a\.1/,
    ],
    [[['a{s}{i}', 'x{s}.{i}']], 0, /"a\{s\}\{i\}" has two placeholders with nothing but digits between them/],
    [[['x{s}.{i}', 'a{s}1{i}']], 0, /nothing but digits/],
    [[['a{s}', 'b{t}']], 0, /different placeholders/],
    [[['a{s}', 'b']], 0, /different placeholders/],
    [[['a{s', 'b']], 0, /"a\{s" has a brace/],
    [[['a..b', 'c']], 0, /"a\.\.b" has an empty segment/],
    [[['mean', 'running_mean', 'count{s}']], 0, /different placeholders/],
  ])('%j', (keys, pair, message) => {
    const use = (): string => keyOf('q', keys)
    expect(use).toThrow(message)
    expect(use).toThrow(KeyMapError)
    expect(use).toThrow(JSON.stringify(keys[pair]))
    expect(() => pathOf('q', keys)).toThrow(message)
  })
})

describe('the law of a map: pathOf(keyOf(p)) = p', () => {
  const withKeys = Object.entries(nets).filter(([, { keys }]) => keys !== undefined)

  it.each(withKeys.flatMap(([name, { keys }]) => Object.keys(keys!).map((format) => [name, format] as const)))(
    'holds for the paths of %s in the format %s, and no two have one key',
    (name, format) => {
      const { make, input, classes, keys } = nets[name]!
      const { params, state } = make({ classes }).plan(input)
      const paths = [...flatten<Spec>(params), ...flatten<Spec>(state)].map(({ path }) => path)
      const published = paths.map((path) => keyOf(path, keys![format]!))
      expect(published.map((key) => pathOf(key, keys![format]!))).toEqual(paths)
      const beside = paths.flatMap((path) => keysBeside(path, keys![format]!))
      expect(new Set([...published, ...beside]).size).toBe(published.length + beside.length)
    },
  )

  // Templates of ours from one alphabet and theirs from another, so that only the map itself can be ambiguous.
  const side = (letters: readonly string[]) =>
    fc.array(
      fc.record({
        letter: fc.constantFrom(...letters),
        number: fc.option(fc.record({ from: fc.integer({ min: -2, max: 2 }), apart: fc.boolean() })),
      }),
      { minLength: 1, maxLength: 3 },
    )
  const pair = fc.tuple(side(['a', 'b', 'c']), side(['x', 'y', 'z'])).map(([ours, theirs]) => {
    const count = Math.min(...[ours, theirs].map((parts) => parts.filter(({ number }) => number !== null).length))
    const text = (parts: typeof ours): string => {
      let seen = 0
      return parts
        .map(({ letter, number }) => {
          if (number === null || seen === count) return letter
          const { from, apart } = number
          const offset = from === 0 ? '' : from < 0 ? `${from}` : `+${from}`
          return `${letter}${apart ? '.' : ''}{n${seen++}${offset}}`
        })
        .join('.')
    }
    return [text(ours), text(theirs)] as const
  })

  // A word that no pair knows stands between, since two matches in a row could read as one template of theirs.
  const path = (keys: KeyMap) =>
    fc.array(
      fc.oneof(
        fc.constantFrom('a', 'b', 'c'),
        ...keys.map(([ours]) =>
          fc
            .array(fc.nat(12), { minLength: 3, maxLength: 3 })
            .map((numbers) =>
              ours.replaceAll(/\{n(\d)([^}]*)\}/g, (_, i, offset) => String(numbers[i]! + 2 + Number(offset || 0))),
            ),
        ),
      ),
      { minLength: 1, maxLength: 4 },
    )

  it('holds for the paths of any map that is not refused', () => {
    const maps = fc.array(pair, { maxLength: 3 }).chain((keys) => fc.tuple(fc.constant<KeyMap>(keys), path(keys)))
    fc.assert(
      fc.property(maps, ([keys, segments]) => {
        try {
          keyOf('w', keys)
        } catch (error) {
          expect(error).toBeInstanceOf(KeyMapError)
          fc.pre(false)
        }
        const ours = segments.join('.word.')
        expect(pathOf(keyOf(ours, keys), keys)).toBe(ours)
      }),
      { numRuns: 1000 },
    )
  })
})
