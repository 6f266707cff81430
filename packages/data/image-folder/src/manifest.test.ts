import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { key } from '@resfn/random'
import fc from 'fast-check'
import { either as E } from 'fp-ts'
import { describe, expect, it } from 'vitest'
import { parseCsv } from './csv.ts'
import { type ListingError, readManifest, type SplitFiles } from './index.ts'

const reading = async (name: string, text: string | Uint8Array): Promise<E.Either<ListingError, SplitFiles>> => {
  const root = await mkdtemp(join(tmpdir(), 'resfn-manifest-'))
  try {
    await writeFile(join(root, name), text)
    const found = await readManifest(join(root, name), { key: key(0), testShare: 0 })()
    const relative = ({ train, test, ...rest }: SplitFiles): SplitFiles => {
      const local = (part: SplitFiles['train']): SplitFiles['train'] => ({
        ...part,
        paths: part.paths.map((path) => path.replace(`${root}/`, '')),
      })
      return { ...rest, train: local(train), test: local(test) }
    }
    return E.bimap(
      (error: ListingError) => ({ ...error, message: error.message.replace(`${root}/`, '') }),
      relative,
    )(found)
  } finally {
    await rm(root, { recursive: true })
  }
}
const messageOf = async (name: string, text: string | Uint8Array): Promise<string> => {
  const found = await reading(name, text)
  return E.isLeft(found) ? found.left.message : 'it was read'
}

describe('readManifest', () => {
  it('reads CSV with quotes, line breaks of Windows and a mark of the order of bytes', async () => {
    const text = '\uFEFFlabel,path\r\n"cat, wild","a ""b"".jpg"\r\n\r\ndog,sub/ü.png\r\n'
    expect(await reading('photos.csv', text)).toEqual(
      E.right({
        train: { paths: ['a "b".jpg', 'sub/ü.png'], labels: Int32Array.of(0, 1), classes: ['cat, wild', 'dog'] },
        test: { paths: [], labels: new Int32Array(0), classes: ['cat, wild', 'dog'] },
        split: 'drawn',
        notes: [],
      }),
    )
  })

  it('reads JSONL, with numbers as labels in their order, and splits', async () => {
    const lines = [
      { file: 'a.jpg', label: 10, split: 'train' },
      { file: 'b.jpg', label: 9, split: 'train' },
      { file: '/abs/c.jpg', label: 9, split: 'val' },
    ]
    const found = await reading('photos.jsonl', `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)
    expect(found).toMatchObject({
      right: {
        train: { paths: ['a.jpg', 'b.jpg'], labels: Int32Array.of(1, 0), classes: ['9', '10'] },
        test: { paths: ['/abs/c.jpg'], labels: Int32Array.of(0) },
        split: 'given',
      },
    })
  })

  it.each([
    ['a.csv', '', 'a.csv: it is empty'],
    [
      'a.csv',
      'path,lable\na.jpg,cat',
      'a.csv, line 1: the first line names no column label (did you mean lable to be it?)',
    ],
    ['a.csv', 'a.jpg,cat\nb.jpg,dog', 'a.csv, line 1: the first line names no column path'],
    ['a.csv', 'path,label\na.jpg,cat\nb.jpg', 'a.csv, line 3: it has 1 fields, the first line has 2'],
    ['a.csv', 'path,label\n"a.jpg,cat\nb.jpg,dog', 'a.csv, line 2: a quoted field has no end'],
    ['a.csv', 'path,label\na.jpg,\n', 'a.csv, line 2: it has no label'],
    ['a.csv', 'path,label\na.jpg,cat\na.jpg,dog\n', 'a.csv, line 3: a.jpg stands in line 2 already'],
    ['a.csv', 'path,label,split\na.jpg,cat,tset\n', 'a.csv, line 2: its split is "tset"; give train, val or test'],
    ['a.csv', 'path,label\na.jpg,cat\nb.jpg,cat\n', 'a.csv: it has images of one class only for training'],
    ['a.jsonl', '{"path": "a.jpg", "label": "cat"}\n[1]\n', 'a.jsonl, line 2: it is not a JSON object'],
    ['a.jsonl', '{"path": 1, "label": "cat"}', 'a.jsonl, line 1: it has no path'],
    [
      'a.csv',
      'path,label,split\na,x,train\nb,y,train\nc,z,val\n',
      'a.csv, line 4: the class z has no image for training',
    ],
  ])('names what is wrong in %s: %j', async (name, text, message) => {
    expect(await messageOf(name, text)).toContain(message)
  })

  it('names a file that is not there, not text, or a folder', async () => {
    expect(await messageOf('a.csv', new Uint8Array([0xff, 0xfe, 0xff]))).toContain('is not UTF-8')
    expect(await readManifest(join(tmpdir(), 'nothing.csv'), { key: key(0) })()).toMatchObject({
      left: { _tag: 'MissingFile' },
    })
    expect(await readManifest(tmpdir(), { key: key(0) })()).toMatchObject({ left: { _tag: 'Unreadable' } })
  })
})

describe('parseCsv', () => {
  it('gives back any fields that were written with quotes', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é') })
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 3 })), (rows) => {
        const text = rows.map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(',')).join('\n')
        const parsed = parseCsv(text)
        expect(E.isRight(parsed) && parsed.right.map(({ fields }) => fields)).toEqual(rows)
      }),
    )
  })
})
