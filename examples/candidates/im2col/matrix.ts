/** A view of a matrix inside a buffer: element (i, j) lies at offset + i * rowStep + j * columnStep. */
export interface Matrix {
  readonly data: Float32Array;
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** Rows after one another, from the offset on. */
export const matrix = (data: Float32Array, rows: number, columns: number, offset = 0): Matrix => ({
  data, offset, rows, columns, rowStep: columns, columnStep: 1,
});

export const transposed = ({ data, offset, rows, columns, rowStep, columnStep }: Matrix): Matrix => ({
  data, offset, rows: columns, columns: rows, rowStep: columnStep, columnStep: rowStep,
});

/** sum += left · right. The product is rounded to float32 by fround, the sum by the buffer it is stored in. */
export const addProduct = (left: Matrix, right: Matrix, sum: Matrix): void => {
  const { data: a } = left;
  const { data: b, columns, columnStep } = right;
  const { data: c, columnStep: sumStep } = sum;
  for (let i = 0; i < left.rows; i++) {
    for (let k = 0; k < left.columns; k++) {
      const factor = a[left.offset + i * left.rowStep + k * left.columnStep]!;
      const from = right.offset + k * right.rowStep;
      const to = sum.offset + i * sum.rowStep;
      for (let j = 0; j < columns; j++) {
        c[to + j * sumStep] = c[to + j * sumStep]! + Math.fround(factor * b[from + j * columnStep]!);
      }
    }
  }
};
