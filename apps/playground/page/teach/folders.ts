import { pixelsOfFile } from '../use/picture-file.ts'

/** A file with the name of the folder it lies in. */
type Found = { readonly folder: string; readonly file: File }

const filesIn = (entry: FileSystemEntry, folder: string): Promise<readonly Found[]> =>
  new Promise((resolve, reject) => {
    if (entry.isFile) (entry as FileSystemFileEntry).file((file) => resolve([{ folder, file }]), reject)
    else {
      const reader = (entry as FileSystemDirectoryEntry).createReader()
      const found: Found[] = []
      // A reader gives a hundred entries at a time, then none.
      const more = (): void =>
        reader.readEntries((entries) => {
          if (entries.length === 0) {
            resolve(found)
            return
          }
          Promise.all(entries.map((each) => filesIn(each, entry.name)))
            .then((parts) => {
              found.push(...parts.flat())
              more()
            })
            .catch(reject)
        }, reject)
      more()
    }
  })

/** What was dropped: files, and those in folders. */
export const dropped = async (transfer: DataTransfer): Promise<readonly Found[]> => {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? [])
  return (await Promise.all(entries.map((entry) => filesIn(entry, '')))).flat()
}

/** Files of a folder that was chosen, each with the folder it lies in. */
export const chosen = (files: FileList): readonly Found[] =>
  [...files].map((file) => ({ folder: file.webkitRelativePath.split('/').at(-2) ?? '', file }))

/** The pictures among them by folder; with the names of the files that are none. */
export const picturesOf = async (
  found: readonly Found[],
): Promise<{ readonly byFolder: ReadonlyMap<string, readonly ImageData[]>; readonly others: readonly string[] }> => {
  const byFolder = new Map<string, ImageData[]>()
  const others: string[] = []
  for (const { folder, file } of found) {
    try {
      byFolder.set(folder, [...(byFolder.get(folder) ?? []), await pixelsOfFile(file)])
    } catch {
      others.push(file.name)
    }
  }
  return { byFolder, others }
}
