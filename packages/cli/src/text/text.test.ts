import { describe, expect, it } from 'vitest'
import { count, duration, short } from './format.ts'
import { unknownName } from './nearest.ts'
import { from0, positive, wholeFrom } from './numbers.ts'
import { parseInput } from './shape.ts'

describe('unknownName', () => {
  const names = ['resnet20', 'resnet32', 'lenet-bn', 'd2l-resnet18']
  it('is said in a sentence', () => {
    expect(unknownName('net', 'lenet', names, 'see resfn nets')).toBe(
      'there is no net "lenet"; did you mean lenet-bn? (see resfn nets)',
    )
    expect(unknownName('net', 'vgg', names, 'see resfn nets')).toBe('there is no net "vgg"; see resfn nets')
    expect(unknownName('net', 'resnet22', names, 'see resfn nets')).toBe(
      'there is no net "resnet22"; did you mean resnet20 or resnet32? (see resfn nets)',
    )
  })
})

describe('parseInput', () => {
  it.each([
    ['28x28x1', [28, 28, 1]],
    ['1x96x96', [96, 96, 1]],
    ['3x224x200', [224, 200, 3]],
    ['224x224x3', [224, 224, 3]],
    ['1x3x3', [1, 3, 3]],
    ['28x28', [28, 28, 1]],
    ['784', [784]],
    ['96,96,1', [96, 96, 1]],
  ])('reads %s', (text, shape) => {
    expect(parseInput(text)).toEqual(shape)
  })

  it.each(['', 'ax3', '0x3x3', '1x2x3x4', '28.5x28x1', '-1'])('refuses "%s"', (text) => {
    expect(() => parseInput(text)).toThrow('give the shape of one sample')
  })
})

describe('numbers from flags', () => {
  it('are read or refused', () => {
    expect([wholeFrom(1)('12'), positive('0.5'), from0('0')]).toEqual([12, 0.5, 0])
    for (const text of ['', '0', '1.5', 'x', '1e99'])
      expect(() => wholeFrom(1)(text)).toThrow('give a whole number from 1')
    for (const text of ['', '0', '-1', 'NaN', 'Infinity']) expect(() => positive(text)).toThrow('give a number above 0')
    for (const text of ['', '-1', 'NaN', 'Infinity']) expect(() => from0(text)).toThrow('give a number from 0')
  })
})

describe('numbers for people', () => {
  it('have their thousands apart', () => {
    expect([0, 999, 1000, 11178378].map(count)).toEqual(['0', '999', '1,000', '11,178,378'])
  })

  it('are short with three digits', () => {
    expect([12, 269722, 75002, 40_550_000, 1e6, 2.83e9, 120_000].map(short)).toEqual([
      '12',
      '270 k',
      '75 k',
      '40.5 M',
      '1 M',
      '2.83 G',
      '120 k',
    ])
  })

  it('are times', () => {
    expect([0.04, 9.94, 9.96, 59.4, 60, 118, 3600, 7500, Number.NaN].map(duration)).toEqual([
      '0.0 s',
      '9.9 s',
      '10 s',
      '59 s',
      '1 min 00 s',
      '1 min 58 s',
      '1 h 00 min',
      '2 h 05 min',
      '–',
    ])
  })
})
