/** The name of a flag as it is typed: `saveSteps` is `save-steps`. */
export const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
