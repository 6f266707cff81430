import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { choosePaths, PathError } from '../index.ts'

const resnet = [
  'conv1.weight',
  'bn1.weight',
  'layer1.0.conv1.weight',
  'layer1.0.bn1.weight',
  'layer1.1.conv1.weight',
  'layer2.0.conv1.weight',
  'layer3.0.conv1.weight',
  'layer10.0.conv1.weight',
  'fc.weight',
]

describe('choosePaths', () => {
  it.each([
    ['fc', ['fc.weight']],
    ['layer1', resnet.slice(2, 5)],
    ['layer1..3', resnet.slice(2, 7)],
    ['layer1.0..1.conv1', ['layer1.0.conv1.weight', 'layer1.1.conv1.weight']],
    ['stem', resnet.slice(0, 2)],
    ['stem, fc', [...resnet.slice(0, 2), 'fc.weight']],
    ['layer?.0.bn*', ['layer1.0.bn1.weight']],
    ['layer*', resnet.slice(2, 8)],
    ['**.bn1', ['layer1.0.bn1.weight']],
    ['**', resnet],
    ['*.weight', ['conv1.weight', 'bn1.weight', 'fc.weight']],
  ])('%s', (patterns, chosen) => {
    expect(choosePaths(patterns, resnet)).toEqual(chosen)
  })

  it('takes a part called stem for the stem, and knows the stages of DenseNets', () => {
    expect(choosePaths('stem', ['stem.conv.weight', 'layer1.0.weight'])).toEqual(['stem.conv.weight'])
    expect(choosePaths('stem', ['conv0.weight', 'norm0.bias', 'denseblock1.0.weight'])).toEqual([
      'conv0.weight',
      'norm0.bias',
    ])
  })

  it('chooses every path by itself, and what is inside it', () => {
    const name = fc.stringMatching(/^[a-z]{1,3}$/).filter((text) => text !== 'stem')
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('.'))
    fc.assert(
      fc.property(fc.uniqueArray(path, { minLength: 1, maxLength: 8 }), (paths) => {
        for (const one of paths)
          expect(choosePaths(one, paths)).toEqual(paths.filter((at) => at === one || at.startsWith(`${one}.`)))
        expect(choosePaths(paths.join(', '), paths)).toEqual(paths)
      }),
    )
  })

  it('says which pattern chooses nothing, and what is near', () => {
    const wrong = (patterns: string) => () => choosePaths(patterns, resnet)
    expect(wrong('layer1, leyer2')).toThrow('leyer2: nothing has such a path; did you mean layer2')
    expect(wrong('layer2..4')).toThrow(/^layer4: nothing has such a path/)
    expect(wrong('layer3..1')).toThrow(/^layer3\.\.1: a range goes from a number to a larger one/)
    expect(wrong('')).toThrow(PathError)
    expect(() => choosePaths('stem', ['conv1.weight', 'fc.weight'])).toThrow(
      'stem: nothing has such a path; the first names are conv1, fc',
    )
  })

  it('takes letters of expressions as they are', () => {
    expect(() => choosePaths('(a+)+$', ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'])).toThrow(PathError)
    expect(choosePaths('a[b]', ['a[b].c'])).toEqual(['a[b].c'])
  })
})
