// Imported before React, which tells this hook of each commit, in production too.
let commits = 0
Object.assign(globalThis, {
  __REACT_DEVTOOLS_GLOBAL_HOOK__: {
    supportsFiber: true,
    inject: () => 1,
    onCommitFiberRoot: () => commits++,
    onCommitFiberUnmount() {},
    onPostCommitFiberRoot() {},
  },
})

/** Commits of React so far. */
export const commitCount = (): number => commits
