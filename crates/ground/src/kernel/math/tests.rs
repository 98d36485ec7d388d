//! Tests of elementary functions: libm in double precision is the judge.
