import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { definitions, paragraphs, table, wrap } from './layout.ts'

const widest = (lines: readonly string[]): number => Math.max(...lines.map((line) => line.length))

describe('wrap', () => {
  it('keeps the words in order, in lines no longer than the width or than one word', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/)
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 1, max: 40 }), (words, width) => {
        const lines = wrap(words.join(' '), width)
        expect(lines.join(' ').split(' ')).toEqual(words)
        for (const line of lines) expect(line.length <= width || !line.includes(' ')).toBe(true)
      }),
    )
  })
})

describe('definitions', () => {
  const rows = [
    ['--batch <n>', 'Images in a batch'],
    ['--weight-decay <decay>', 'Weight decay on all weights but biases and batch normalisation'],
  ] as const

  it('stand beside their terms in a wide line', () => {
    expect(definitions(rows, 80)).toEqual([
      '  --batch <n>             Images in a batch',
      '  --weight-decay <decay>  Weight decay on all weights but biases and batch',
      '                          normalisation',
    ])
  })

  it('stand below their terms in a narrow line', () => {
    expect(definitions(rows, 40)).toEqual([
      '  --batch <n>',
      '      Images in a batch',
      '  --weight-decay <decay>',
      '      Weight decay on all weights but',
      '      biases and batch normalisation',
    ])
  })
})

it('paragraphs are wrapped, and lines that begin with two spaces are definitions', () => {
  expect(paragraphs('Some words\nthat go on.\n\nPresets:\n  quick    A short one', 60)).toEqual([
    'Some words that go on.',
    '',
    'Presets:',
    '  quick  A short one',
  ])
})

describe('table', () => {
  it('aligns its columns', () => {
    const rows = [
      ['a', '1'],
      ['long', '200'],
    ]
    expect(table({ rows, align: ['left', 'right'], columns: 80 })).toBe('a       1\nlong  200')
  })

  it('wraps the widest column of text where the line is too short', () => {
    const rows = [
      ['net', '', 'params'],
      ['resnet8', 'ResNet-8 for CIFAR, shortcuts of option A', '78 k'],
    ]
    expect(table({ rows, align: ['left', 'left', 'right'], columns: 40 })).toBe(
      [
        'net                               params',
        'resnet8  ResNet-8 for CIFAR,        78 k',
        '         shortcuts of option A',
      ].join('\n'),
    )
  })

  it('splits numbers into groups with the first column where the line is too short', () => {
    const rows = [
      ['class', '0', '1', '2'],
      ['0 Coat', '1000', '1000', '1000'],
    ]
    expect(table({ rows, align: ['left', 'right', 'right', 'right'], columns: 18 })).toBe(
      ['class      0     1', '0 Coat  1000  1000', '', 'class      2', '0 Coat  1000'].join('\n'),
    )
  })

  it('never makes a line longer than asked, and loses no cell', () => {
    const cell = fc.stringMatching(/^[a-z]{1,8}( [a-z]{1,8}){0,3}$/)
    const rows = fc.array(fc.tuple(cell, cell, cell, cell), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(rows, fc.integer({ min: 60, max: 100 }), (cells, columns) => {
        const text = table({ rows: cells, align: ['left', 'left', 'right', 'left'], columns })
        expect(widest(text.split('\n'))).toBeLessThanOrEqual(columns)
        for (const word of cells.flat().flatMap((found) => found.split(' '))) expect(text).toContain(word)
      }),
    )
  })
})
