/** Packs the package as `npm publish` would; dist/ must be built. Gives the tarball's path. */
export declare function packInto(folder: string): string
