"""The only package that talks to AWS. It answers in the domain's types and raises `shared.errors`.

A store is made of `Clients` and the names of its tables. A method is one call, or a few concurrent ones, and raises
Contended, Throttled and AnswerLost (`shared.store.faults`): the caller decides what to do again, as a rule with
`Deadline.retry`. Where there are many calls, in chunks or page by page (`bulk`, `versions`, `scanner`), the store
repeats each of them itself, within a deadline that it is given.
"""
