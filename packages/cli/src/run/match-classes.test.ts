import { imagenetClasses } from '@resfn/imagenet-classes'
import { describe, expect, it } from 'vitest'
import { matchClasses } from './match-classes.ts'

const match = (net: readonly string[], images: readonly string[]): readonly number[] =>
  matchClasses({ title: 'the net', classes: net }, { title: 'photos', classes: images })

describe('classes of images', () => {
  it.each<[string, readonly string[], readonly string[], readonly number[]]>([
    ['have the labels of the net by name, in any order', ['dog', 'cat', 'cow'], ['cat', 'cow', 'dog'], [1, 2, 0]],
    ['may be fewer', ['dog', 'cat', 'cow'], ['cow'], [2]],
    [
      'have names in any case, with _ for spaces, in one form of Unicode',
      ['Sea Cow', 'Käfer'],
      ['käfer'.normalize('NFD'), 'sea_cow'],
      [1, 0],
    ],
    ['have one of several words', ['tabby, tabby cat', 'tiger cat'], ['tiger cat', 'tabby_cat'], [1, 0]],
    ['have an exact name before a word', ['cat', 'tabby, cat'], ['cat'], [0]],
    ['have labels where no name is one', ['cat', 'dog', '7'], ['7', '0'], [2, 0]],
    ['are in order for a net without names', ['class 0', 'class 1'], ['cat', 'dog'], [0, 1]],
    [
      'have ids of WordNet for ImageNet',
      imagenetClasses,
      ['n02123045', 'n01440764', 'golden retriever'],
      [281, 0, 207],
    ],
  ])('%s', (_, net, images, labels) => {
    expect(match(net, images)).toEqual(labels)
  })

  it.each<[string, readonly string[], readonly string[], RegExp]>([
    [
      'unknown',
      ['cat', 'dog'],
      ['cat', 'dug'],
      /^photos has a class that the net does not tell apart: dug \(did you mean dog\?\); name folders or labels as the net does: cat, dog$/,
    ],
    [
      'unknown, of which there are many',
      ['cat', 'dog'],
      ['a1', 'b2', 'c3', 'd4', 'e5', 'f6', 'cat'],
      /6 classes that the net does not tell apart: a1, b2, c3, d4, e5, and 1 more;/,
    ],
    [
      'of another number for a net without names',
      ['class 0', 'class 1', 'class 2'],
      ['cat', 'dog'],
      /2 classes .*: cat, dog;/,
    ],
    ['of which the net has two', imagenetClasses, ['crane'], /crane \(it has 2 of them: give a label, 134 or 517\)/],
    [
      'two for one of the net',
      ['tabby, tabby cat', 'dog'],
      ['tabby', 'tabby cat'],
      /two classes for tabby, tabby cat: tabby and tabby cat/,
    ],
    ['labels beyond the last', ['cat', 'dog'], ['2'], /a class that the net does not tell apart: 2;/],
  ])('that are %s are told', (_, net, images, message) => {
    expect(() => match(net, images)).toThrow(message)
  })
})
