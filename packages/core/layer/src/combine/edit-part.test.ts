import * as tf from '@tensorflow/tfjs-core'
import { key } from '@resfn/random'
import { bitsOf, describeBackends, draw } from '@resfn/test-utils'
import { flatten } from '@resfn/tree'
import { describe, expect, it } from 'vitest'
import {
  type AnyLayer,
  channels,
  editLayers,
  editPart,
  followedBy,
  graph,
  init,
  lift,
  op,
  parallel,
  partPaths,
  PathError,
  projected,
  repeat,
  sequential,
  shaped,
  shared,
  skip,
  Spec,
  sum,
  summary,
  uniform,
  untyped,
} from '../index.ts'

type Weight = { readonly weight: tf.Tensor }
const scaled = op<Weight>(
  (input) => ({ kind: 'scaled', params: { weight: new Spec(input, uniform(1)) } }),
  ({ weight }, x) => tf.mul(x, weight),
)
const double = lift((x) => tf.mul(x, 2), { kind: 'double' })
const half = lift((x) => tf.div(x, 2), { kind: 'half' })

const net = sequential({
  first: scaled,
  rest: repeat([skip(sum)(sequential({ a: scaled, b: scaled })), followedBy(scaled, double)]),
  side: parallel({ left: scaled, right: sequential({ inner: scaled }) }, channels),
  block: projected(sum)(sequential({ a: scaled }), scaled),
  op: projected(sum)(sequential({ own: scaled }), sequential({ deep: scaled })),
  wires: graph({ a: scaled, b: scaled, c: scaled }, { b: 'input', c: { join: sum, of: ['a', 'b'] } }),
  views: shared({ same: double, half }, sum)(sequential({ one: scaled })),
  made: shaped(() => sequential({ deep: scaled })),
  gate: skip(sum)(shaped(() => sequential({ deep: scaled }))),
  after: followedBy(skip(sum)(shaped(() => shaped(() => sequential({ deep: scaled })))), double),
  both: projected(sum)(
    shaped(() => sequential({ deep: scaled })),
    shaped(() => sequential({ side: scaled })),
  ),
  sights: shared({ same: double, half }, sum)(shaped(() => sequential({ deep: scaled }))),
  alone: skip(sum)(shaped(() => scaled)),
})

/** The paths that only the shape of an input makes. */
const deep = [
  'made.deep',
  'gate.deep',
  'after.deep',
  'both.deep',
  'both.shortcut',
  'both.shortcut.side',
  'sights.deep',
  'sights.same',
  'sights.half',
]

const paths = [
  'first',
  'rest',
  'rest.0',
  'rest.0.a',
  'rest.0.b',
  'rest.1',
  'side',
  'side.left',
  'side.right',
  'side.right.inner',
  'block',
  'block.a',
  'block.shortcut',
  'op',
  'op.own',
  'op.shortcut',
  'op.shortcut.deep',
  'wires',
  'wires.a',
  'wires.b',
  'wires.c',
  'views',
  'views.one',
  'views.same',
  'views.half',
  'made',
  'gate',
  'after',
  'both',
  'sights',
  'alone',
]

describeBackends('editPart', () => {
  it.each([...paths, ...deep])('that changes nothing leaves the trees, the rows and every bit: %s', (path) => {
    tf.tidy(() => {
      const { params, state } = init(net, key(0), [3])
      const same = editPart(net, path, (part) => part)
      const again = init(same, key(0), [3])
      expect(flatten(again.params).map((entry) => entry.path)).toEqual(flatten(params).map((entry) => entry.path))
      expect(summary(same, [3])).toEqual(summary(net, [3]))
      const x = draw(1, 2, 3)
      expect(bitsOf(same.apply(params, x, state))).toEqual(bitsOf(net.apply(params, x, state)))
      const train = (layer: AnyLayer): tf.Tensor => untyped(layer).train(params, x, key(2)).y
      expect(bitsOf(train(same))).toEqual(bitsOf(train(net)))
    })
  })

  it.each([...paths, ...deep])('puts another layer exactly there: %s', (path) => {
    tf.tidy(() => {
      const { params, state } = init(net, key(0), [3])
      const x = draw(1, 2, 3)
      // Twice what the part gave is not what it gave.
      const edited = editPart(net, path, (part) => followedBy(part, double))
      expect(bitsOf(edited.apply(params, x, state))).not.toEqual(bitsOf(net.apply(params, x, state)))
      // And half of it again is.
      const back = editPart(edited, path, (part) => followedBy(part, half))
      expect(bitsOf(back.apply(params, x, state))).toEqual(bitsOf(net.apply(params, x, state)))
    })
  })
})

describe('editLayers', () => {
  it('reaches the layers that have a path, and what only a shape makes', () => {
    let edited = 0
    const same = editLayers(net, (layer) => {
      edited += 1
      return layer
    })
    const kinds = (of: AnyLayer) => summary(of, [3]).rows.map(({ path, kind }) => [path, kind])
    expect(kinds(same)).toEqual(kinds(net))
    expect(edited).toBeGreaterThanOrEqual(paths.length / 2)
  })
})

describe('editPart', () => {
  it('lends the paths of the rows of a summary, but for those that a shape makes', () => {
    expect(partPaths(net)).toEqual(paths)
    const rows = new Set(summary(net, [3]).rows.map(({ path }) => path))
    expect([...paths, ...deep].toSorted()).toEqual([...rows].toSorted())
  })

  it('says what is near where there is no such part', () => {
    const wrong = (path: string) => (): unknown => editPart(net, path, (part) => part)
    expect(wrong('frist')).toThrow('frist: there is no such part; did you mean first or rest?')
    expect(wrong('rest.7')).toThrow(/^rest\.7: there is no such part/)
    expect(wrong('rest.0.c')).toThrow('rest.0.c: there is no such part; did you mean a or b?')
    expect(wrong('xyz')).toThrow('xyz: there is no such part; the parts here are first, rest, side')
    expect(wrong('first.weight')).toThrow('first.weight: there is no such part: what stands here has no parts')
    expect(wrong('toString')).toThrow(PathError)
    for (const name of ['made', 'gate', 'after', 'both', 'sights'])
      expect(() => editPart(net, `${name}.deap`, (part) => part).plan([3])).toThrow(
        new RegExp(`^${name}\\.deap: .*did you mean deep\\?`),
      )
    expect(() => editPart(net, 'alone.deep', (part) => part).plan([3])).toThrow(
      'alone.deep: there is no such part: what stands here has no parts',
    )
  })

  it('edits the whole net at the empty path', () => {
    expect(editPart(net, '', () => double)).toBe(double)
  })
})
