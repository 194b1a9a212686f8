"""The only package that calls AWS. It returns the domain's types and raises `shared.errors`.

A store is built from `Clients` and the names of its tables. A method makes one call, or a few concurrent ones, and
raises Contended, Throttled and AnswerLost (`shared.store.faults`): the caller decides what to retry, usually with
`Deadline.retry`. Where there are many calls, in chunks or page by page (`bulk`, `versions`, `scanner`), the store
retries each of them itself, within the deadline that it is given.
"""
