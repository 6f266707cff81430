import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { flatten, leaves, type Leaves, map, mapTo, StructureError, type Tree, unflatten, zip } from './index.ts'

/** Any tree of whole numbers, with names that JavaScript treats in its own ways among them. */
const trees: fc.Arbitrary<Leaves<number>> = fc.letrec<{ tree: Leaves<number> }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.integer(),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(
      fc.oneof(
        fc.constantFrom('weight', 'bias', '0', '10', 'constructor', '__proto__', 'toString', 'length', ''),
        fc.string(),
      ),
      tie('tree'),
      { maxKeys: 3 },
    ),
  ),
})).tree

/** A tree and another of the same structure. */
const twins = trees.chain((tree) => {
  const count = leaves(tree).length
  return fc
    .array(fc.integer(), { minLength: count, maxLength: count })
    .map((values) => [tree, unflatten(tree, values)] as const)
})

const add = ([a, b]: readonly number[]): number => a! + b!

describe('flatten', () => {
  it('gives paths and leaves in the order of the names, depth first', () => {
    const tree = { stem: { weight: 1, bias: 2 }, rest: [[3], { x: 4 }], last: 5 }
    expect(flatten<number>(tree)).toEqual([
      { path: 'stem.weight', leaf: 1 },
      { path: 'stem.bias', leaf: 2 },
      { path: 'rest.0.0', leaf: 3 },
      { path: 'rest.1.x', leaf: 4 },
      { path: 'last', leaf: 5 },
    ])
    expect(leaves(tree)).toEqual([1, 2, 3, 4, 5])
  })

  it('takes for a leaf whatever is neither an array nor a plain object', () => {
    class Own {}
    const values = [null, undefined, 'text', new Own(), new Date(0), new Float32Array(3), () => 1, new Map()]
    expect(leaves(values)).toEqual(values)
    expect(flatten(7)).toEqual([{ path: '', leaf: 7 }])
    expect(flatten({ a: {}, b: [] })).toEqual([])
    expect(flatten(Object.assign(Object.create(null), { a: 1 }))).toEqual([{ path: 'a', leaf: 1 }])
  })
})

describe('map', () => {
  it('with the identity is the identity, and makes a new tree', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        expect(map(tree, (leaf: number) => leaf)).toEqual(tree)
        if (typeof tree === 'object') expect(map(tree, (leaf: number) => leaf)).not.toBe(tree)
      }),
    )
  })

  it('of a composition is the composition of maps', () => {
    const [f, g] = [(x: number) => x + 1, (x: number) => x * 2]
    fc.assert(
      fc.property(trees, (tree) => void expect(map(map(tree, f), g)).toEqual(map(tree, (x: number) => g(f(x))))),
    )
  })

  it('agrees with flatten on leaves and paths', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const entries: { path: string; leaf: number }[] = []
        map(tree, (leaf: number, path) => {
          entries.push({ path, leaf })
          return leaf
        })
        expect(entries).toEqual(flatten<number>(tree))
      }),
    )
  })

  it('leaves the tree it is given as it was', () => {
    const tree = Object.freeze({ a: Object.freeze([1, 2]) })
    expect(map(tree, (x: number) => x * 10)).toEqual({ a: [10, 20] })
    expect(tree).toEqual({ a: [1, 2] })
  })
})

describe('unflatten', () => {
  it('is the inverse of leaves', () => {
    fc.assert(fc.property(trees, (tree) => void expect(unflatten(tree, leaves(tree))).toEqual(tree)))
    fc.assert(fc.property(twins, ([tree, twin]) => void expect(unflatten(tree, leaves(twin))).toEqual(twin)))
  })

  it('refuses another number of leaves', () => {
    expect(() => unflatten({ a: 1, b: [2] }, [1])).toThrow(
      new StructureError('', 'the tree has 2 leaves, but 1 values were given'),
    )
    expect(() => unflatten({}, [1])).toThrow('the root: the tree has 0 leaves, but 1 values were given')
  })
})

describe('zip', () => {
  it('of one tree is map', () => {
    fc.assert(
      fc.property(
        trees,
        (tree) => void expect(zip([tree], ([x]: readonly number[]) => x! * 3)).toEqual(map(tree, (x: number) => x * 3)),
      ),
    )
  })

  it('combines the leaves of the same path, in the order of the trees', () => {
    fc.assert(
      fc.property(twins, ([tree, twin]) => {
        expect(leaves(zip([tree, twin], add))).toEqual(leaves<number>(tree).map((x, i) => x + leaves<number>(twin)[i]!))
        expect(leaves(zip([tree, twin], ([a, b]: readonly number[]) => a! - b!))).toEqual(
          leaves<number>(tree).map((x, i) => x - leaves<number>(twin)[i]!),
        )
      }),
    )
  })

  it('goes by the names and not by their order', () => {
    expect(
      zip(
        [
          { a: 1, b: 2 },
          { b: 20, a: 10 },
        ],
        add,
      ),
    ).toEqual({ a: 11, b: 22 })
  })

  it('gives the path with the leaves', () => {
    const paths: string[] = []
    zip([{ a: [1, { b: 2 }] }, { a: [3, { b: 4 }] }], (_: readonly number[], path) => paths.push(path))
    expect(paths).toEqual(['a.0', 'a.1.b'])
  })

  const tree = { stem: { weight: 1 }, rest: [{ bias: 2 }, 3] } as Leaves<number>
  it.each<readonly [string, Leaves<number>, string]>([
    ['a missing name', { stem: { weight: 1 }, rest: [{}, 3] }, 'rest.0.bias: in the first tree, but missing in tree 2'],
    [
      'a name too many',
      { stem: { weight: 1, gain: 2 }, rest: [{ bias: 2 }, 3] },
      'stem.gain: in tree 2, but missing in the first tree',
    ],
    [
      'a shorter array',
      { stem: { weight: 1 }, rest: [{ bias: 2 }] },
      'rest.1: in the first tree, but missing in tree 2',
    ],
    [
      'a longer array',
      { stem: { weight: 1 }, rest: [{ bias: 2 }, 3, 4] },
      'rest.2: in tree 2, but missing in the first tree',
    ],
    [
      'a subtree for a leaf',
      { stem: { weight: [1] }, rest: [{ bias: 2 }, 3] },
      'stem.weight: a leaf in the first tree, but a subtree in tree 2',
    ],
    [
      'a leaf for a subtree',
      { stem: { weight: 1 }, rest: [4, 3] },
      'rest.0: a subtree in the first tree, but a leaf in tree 2',
    ],
    [
      'a record for an array',
      { stem: { weight: 1 }, rest: { 0: { bias: 2 }, 1: 3 } },
      'rest: an array in the first tree, but a record in tree 2',
    ],
    ['a leaf for the whole', 5, 'the root: a subtree in the first tree, but a leaf in tree 2'],
  ])('names the path of %s', (_, other, message) => {
    expect(() => zip([tree, other], add)).toThrow(message)
    expect(() => zip([tree, other], add)).toThrow(StructureError)
  })

  it('says which of many trees differs', () => {
    const make = (): { a: number } => ({ a: 1 })
    expect(() => zip([make(), make(), { a: 1, b: 2 } as { a: number }], add)).toThrow(
      'b: in tree 3, but missing in the first tree',
    )
  })

  it('finds any difference at any depth', () => {
    const nest = (names: readonly string[], tree: Leaves<number>): Leaves<number> =>
      names.reduceRight((inner: Leaves<number>, name) => ({ [name]: inner }), tree)
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]+$/), { maxLength: 5 }), (names) => {
        const path = [...names, 'x'].join('.')
        expect(() => zip([nest(names, { x: 1 }), nest(names, {})], add)).toThrow(`${path}: in the first tree`)
        expect(() => zip([nest(names, {}), nest(names, { x: 1 })], add)).toThrow(`${path}: in tree 2`)
      }),
    )
  })

  it('carries path and tag in its error', () => {
    try {
      zip<Leaves<number>, number>([{ a: 1 }, { b: 1 }], () => 0)
    } catch (error) {
      expect(error).toMatchObject({ _tag: 'StructureError', name: 'StructureError', path: 'a' })
      return
    }
    expect.unreachable()
  })
})

describe('the types', () => {
  type Params = {
    readonly conv: { readonly weight: Tensor4D; readonly bias: Tensor1D }
    readonly rest: readonly Tensor[]
  }
  const params: Params = { conv: { weight: undefined as never, bias: undefined as never }, rest: [] }

  it('of map, zip and unflatten keep the type of the tree', () => {
    expectTypeOf(map(params, (x) => x)).toEqualTypeOf<Params>()
    expectTypeOf(zip([params, params], ([x]) => x!)).toEqualTypeOf<Params>()
    expectTypeOf(unflatten<Params>).returns.toEqualTypeOf<Params>()
    expectTypeOf(map(params, (leaf) => leaf)).not.toBeAny()
  })

  it('of mapTo replace each leaf', () => {
    expectTypeOf(mapTo(params, (x: Tensor) => String(x))).toEqualTypeOf<{
      readonly conv: { readonly weight: string; readonly bias: string }
      readonly rest: readonly string[]
    }>()
    expectTypeOf(mapTo({ a: 1, b: [2] }, (x: number) => String(x))).toEqualTypeOf<{
      readonly a: string
      readonly b: readonly string[]
    }>()
  })

  it('of trees take records, arrays and tensors, read-only or not, and nothing else', () => {
    expectTypeOf<Params>().toExtend<Tree>()
    expectTypeOf<{ a: Tensor; b: Tensor[] }>().toExtend<Tree>()
    expectTypeOf<{ a: number }>().not.toExtend<Tree>()
  })
})
