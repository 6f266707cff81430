import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from './nearest.ts'

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['resnet20', 'resnet20', 0],
    ['resnet', 'resnet20', 2],
    ['resent20', 'resnet20', 1],
    ['kitten', 'sitting', 3],
    ['wsam', 'wasm', 1],
  ])('of %s and %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
  })

  it('is symmetric, zero for the same, and at most the longer length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
        const distance = editDistance(a, b)
        expect(distance).toBe(editDistance(b, a))
        expect(distance === 0).toBe(a === b)
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})

describe('nearest', () => {
  const names = ['resnet20', 'resnet32', 'lenet-bn', 'd2l-resnet18']
  it('gives the nearest names first, and none for a name far from all', () => {
    expect(nearest('resnet2', names)[0]).toBe('resnet20')
    expect(nearest('LENET', names)).toEqual(['lenet-bn'])
    expect(nearest('vgg', names)).toEqual([])
  })

  it('finds a name from which one letter was changed', () => {
    fc.assert(
      fc.property(fc.constantFrom('stride', 'padding', 'initial'), fc.nat(4), (name, at) => {
        const misspelt = `${name.slice(0, at)}q${name.slice(at + 1)}`
        expect(nearest(misspelt, ['out', 'stride', 'padding', 'initial'])[0]).toBe(name)
      }),
    )
  })

  it('finds swapped letters, other capitals and beginnings', () => {
    expect(nearest('szie', ['size', 'stride'])).toEqual(['size'])
    expect(nearest('BIAS', ['bias'])).toEqual(['bias'])
    expect(nearest('pad', ['padding'])).toEqual(['padding'])
    expect(nearest('', ['out'])).toEqual([])
  })

  it('gives names that begin with the given one before nearer ones', () => {
    const known = ['resnet50', 'resnext50_32x4d', 'res2next50']
    expect(nearest('resnext50', known)).toEqual(['resnext50_32x4d', 'resnet50', 'res2next50'])
  })
})
