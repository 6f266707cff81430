type Variables = { readonly [name: string]: string | undefined }
export declare const findChromium: (env?: Variables) => string | undefined
export declare const findSoftwareVulkan: (env?: Variables) => string | undefined
