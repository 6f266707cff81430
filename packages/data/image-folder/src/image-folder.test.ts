import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { key } from '@resfn/random'
import fc from 'fast-check'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { type ImageFiles, listImageFolder, type ListingError, type SplitFiles, splitFiles } from './index.ts'

const withFiles = async (paths: readonly string[], work: (root: string) => Promise<void>): Promise<void> => {
  const root = await mkdtemp(join(tmpdir(), 'resfn-folder-'))
  try {
    for (const path of paths) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      if (!path.endsWith('/')) await writeFile(join(root, path), '')
      else await mkdir(join(root, path), { recursive: true })
    }
    await work(root)
  } finally {
    await rm(root, { recursive: true })
  }
}
const list = async (root: string, testShare?: number): Promise<SplitFiles> => {
  const found = await listImageFolder(root, { key: key(0), ...(testShare !== undefined && { testShare }) })()
  if (E.isLeft(found)) throw new Error(found.left.message)
  return found.right
}
const errorOf = async (root: string): Promise<ListingError> => {
  const found = await listImageFolder(root, { key: key(0) })()
  if (E.isRight(found)) throw new Error('it was listed')
  return found.left
}
const named = (root: string, { paths, labels, classes }: ImageFiles): readonly string[] =>
  paths.map((path, i) => `${relative(root, path)} ${classes[labels[i]!]}`)
const numbered = (folder: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${folder}/${String(i).padStart(3, '0')}.jpg`)

describe('listImageFolder', () => {
  it('takes the classes from the names of folders, at any depth, whatever the case of the ending', () =>
    withFiles(['dog/b.JPG', 'dog/deep/er/a.webp', 'cat/1.png', 'cat/2.jpeg', 'cat/1.jpg'], async (root) => {
      const { train, test, split, notes } = await list(root, 0)
      expect(named(root, train)).toEqual([
        'cat/1.jpg cat',
        'cat/1.png cat',
        'cat/2.jpeg cat',
        'dog/b.JPG dog',
        'dog/deep/er/a.webp dog',
      ])
      expect(train.classes).toEqual(['cat', 'dog'])
      expect([test.paths, split, notes]).toEqual([[], 'drawn', []])
    }))

  it.each([
    ['train', 'val'],
    ['train', 'test'],
    ['training', 'validation'],
  ])('takes %s and %s as the two parts', (first, second) =>
    withFiles([`${first}/a/1.jpg`, `${first}/b/2.jpg`, `${second}/b/3.jpg`, `${second}/a/4.jpg`], async (root) => {
      const { train, test, split } = await list(root)
      expect(split).toBe('given')
      expect(named(root, train)).toEqual([`${first}/a/1.jpg a`, `${first}/b/2.jpg b`])
      expect(named(root, test)).toEqual([`${second}/a/4.jpg a`, `${second}/b/3.jpg b`])
    }),
  )

  it('takes val before test, and draws from train where it stands alone', async () => {
    await withFiles(['train/a/1.jpg', 'train/b/1.jpg', 'val/a/v.jpg', 'test/a/t.jpg'], async (root) =>
      expect(named(root, (await list(root)).test)).toEqual(['val/a/v.jpg a']),
    )
    await withFiles([...numbered('train/a', 5), ...numbered('train/b', 5)], async (root) => {
      const { train, test, split } = await list(root)
      expect([train.paths.length, test.paths.length, split]).toEqual([8, 2, 'drawn'])
    })
    await withFiles(['train/1.jpg', 'boat/2.jpg'], async (root) =>
      expect((await list(root, 0)).train.classes).toEqual(['boat', 'train']),
    )
  })

  it('does not see hidden files and folders, and says what it leaves out', () =>
    withFiles(
      ['a/1.jpg', 'a/.2.jpg', '.git/3.jpg', 'b/4.jpg', 'b/Thumbs.db', '__MACOSX/5.jpg', 'a/notes.txt', '6.jpg', 'c/'],
      async (root) => {
        const { train, notes } = await list(root, 0)
        expect(named(root, train)).toEqual(['a/1.jpg a', 'b/4.jpg b'])
        expect(notes).toEqual([
          `1 image directly in ${root} has no class and is left out`,
          `1 file in ${join(root, 'a')} is not an image and is left out`,
          `${join(root, 'c')} has no images, so it is left out`,
        ])
      },
    ))

  it('follows links, but not in a circle', () =>
    withFiles(['a/1.jpg', 'b/2.jpg', 'b/in/3.jpg', 'elsewhere/c/4.jpg'], async (root) => {
      await symlink('..', join(root, 'b', 'in', 'loop'))
      await symlink(join(root, 'a', '1.jpg'), join(root, 'b', 'link.jpg'))
      await symlink(join(root, 'nowhere'), join(root, 'b', 'dangling.jpg'))
      await symlink(join(root, 'elsewhere', 'c'), join(root, 'd'))
      const { train, notes } = await list(root, 0)
      expect(named(root, train)).toEqual([
        'a/1.jpg a',
        'b/2.jpg b',
        'b/link.jpg b',
        'b/in/3.jpg b',
        'd/4.jpg d',
        'elsewhere/c/4.jpg elsewhere',
      ])
      expect(notes).toEqual([
        `1 file in ${join(root, 'b')} is not an image and is left out`,
        `${join(root, 'b', 'in', 'loop')} leads to a folder that is read already and is not followed`,
      ])
    }))

  it('reads a folder once, however many links lead to it', () =>
    withFiles(['a/1.jpg', ...Array.from({ length: 30 }, (_, i) => `b/${i}/2.jpg`)], async (root) => {
      // Two links in each folder to the next one: a thousand million paths.
      for (let i = 0; i < 29; i++)
        for (const name of ['left', 'right']) await symlink(join('..', `${i + 1}`), join(root, 'b', `${i}`, name))
      const { train, notes } = await list(root, 0)
      expect(train.paths.length).toBe(31)
      expect(notes.every((note) => note.includes('is read already'))).toBe(true)
    }))

  it('knows a class by its name in whatever form of Unicode', () => {
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301']
    return withFiles(
      [`train/${composed}/1.jpg`, 'train/茶/2.jpg', `val/${decomposed}/3.jpg`, 'val/茶/4 ü.jpg'],
      async (root) => {
        const { train, test } = await list(root)
        expect(train.classes).toEqual([composed, '茶'])
        expect([...test.labels]).toEqual([0, 1])
      },
    )
  })

  it('names what is wrong, and how to fix it', async () => {
    await withFiles(['a/1.jpg'], async (root) => {
      expect(await errorOf(root)).toMatchObject({
        _tag: 'NoClasses',
        message: `${root}: there is images of one class only (a); give a folder with a folder of images for each class, or one with train/ and val/ (or test/) that hold those`,
      })
      expect(await errorOf(join(root, 'b'))).toMatchObject({ _tag: 'MissingFolder' })
      expect(await errorOf(join(root, 'a', '1.jpg'))).toMatchObject({ _tag: 'MissingFolder' })
    })
    await withFiles(['1.jpg', '2.jpg'], async (root) =>
      expect((await errorOf(root)).message).toContain('no class folder with images'),
    )
    await withFiles(['train/a/1.jpg', 'train/b/1.jpg', 'val/c/1.jpg'], async (root) =>
      expect(await errorOf(root)).toMatchObject({ _tag: 'OtherClasses', where: join(root, 'val', 'c') }),
    )
    await withFiles(['train/a/1.jpg', 'train/b/1.jpg', 'val/a/'], async (root) =>
      expect(await errorOf(root)).toMatchObject({ _tag: 'NoClasses', where: join(root, 'val') }),
    )
  })

  it('draws the same part wherever the folder lies', () =>
    withFiles(
      [...numbered('one/a', 20), ...numbered('one/b', 10), ...numbered('two/a', 20), ...numbered('two/b', 10)],
      async (root) => {
        const [one, two] = [await list(join(root, 'one')), await list(join(root, 'two'))]
        expect(named(join(root, 'one'), one.test)).toEqual(named(join(root, 'two'), two.test))
        expect([...one.test.labels].filter((label) => label === 0).length).toBe(4)
        expect([...one.test.labels].filter((label) => label === 1).length).toBe(2)
      },
    ))
})

describe('splitFiles', () => {
  const files = fc.array(fc.nat(3), { minLength: 1, maxLength: 60 }).map((labels): ImageFiles => ({
    paths: labels.map((_, i) => `file ${i}`),
    labels: Int32Array.from(labels),
    classes: ['a', 'b', 'c', 'd'],
  }))

  it('puts every file into one part, and the share of each class into the test part', () => {
    fc.assert(
      fc.property(files, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (given, seed, testShare) => {
        const { train, test } = splitFiles(given, { key: key(seed), testShare })
        expect([...train.paths, ...test.paths].toSorted()).toEqual(given.paths.toSorted())
        for (const part of [train, test])
          part.paths.forEach((path, i) => expect(part.labels[i]).toBe(given.labels[given.paths.indexOf(path)]))
        for (let label = 0; label < 4; label++) {
          const [all, tested] = [given, test].map(({ labels }) => labels.filter((each) => each === label).length)
          if (all! < 2) expect(tested).toBe(0)
          else if (testShare > 0) {
            expect(Math.abs(tested! - all! * testShare)).toBeLessThanOrEqual(1)
            expect(tested! >= 1 && tested! < all!).toBe(true)
          }
        }
      }),
    )
  })

  it('moves at most one other file of the class where one is added', () => {
    fc.assert(
      fc.property(files, fc.nat(), (given, seed) => {
        const more = { ...given, paths: [...given.paths, 'new'], labels: Int32Array.from([...given.labels, 0]) }
        const [before, after] = [given, more].map((each) => new Set(splitFiles(each, { key: key(seed) }).test.paths))
        const moved = given.paths.filter((path) => before!.has(path) !== after!.has(path))
        expect(moved.length).toBeLessThanOrEqual(1)
      }),
    )
  })
})
