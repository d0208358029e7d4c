package compress

import (
	"math"

	"github.com/gradmq/gradmq/bindings/go/internal/tensor"
)

// leastShare: a column that loses more than this of its length to those before it has no direction of
// its own.
const leastShare = 1e-6

// encodeLowRank makes one step of power iteration, begun where the last one ended: U = M V' with
// orthonormal columns, V = U' M.
func (c *compressor[E]) encodeLowRank(p *tensor.Part, t *tensor.Info, matrix []E, to []byte) {
	m, n, r := t.Rows(), t.Row(), p.Count
	right, left := c.warm[p.Tensor], c.left[:m*r]
	for k := 0; k < r; k++ {
		seedEmpty(right[k*n:(k+1)*n], uint64(k))
	}
	for i := 0; i < m; i++ {
		row := matrix[i*n : (i+1)*n]
		for k := 0; k < r; k++ {
			left[i*r+k] = dot(row, right[k*n:(k+1)*n])
		}
	}
	orthonormal(left, m, r)
	clear(right)
	dtype := c.layout.DType()
	for i := 0; i < m; i++ {
		row := matrix[i*n : (i+1)*n]
		for k := 0; k < r; k++ {
			//  As it is sent, so that both ends multiply the same factors.
			u := E(left[i*r+k])
			tensor.Put(dtype, to, i*r+k, float64(u))
			along := right[k*n : (k+1)*n]
			for j, x := range row {
				along[j] += u * x
			}
		}
	}
	copy(to[m*r*dtype.Size():], octetsOf(right))
}

func dot[E real](x, y []E) float64 {
	sum := 0.0
	for i := range x {
		sum += float64(x[i]) * float64(y[i])
	}
	return sum
}

// seedEmpty gives a row that has nothing to go on from a direction: the same on every machine.
func seedEmpty[E real](row []E, seed uint64) {
	for _, x := range row {
		if x != 0 {
			return
		}
	}
	for j := range row {
		seed = (seed+uint64(j)+1)*6364136223846793005 + 1442695040888963407
		row[j] = E(float64(seed>>11)/(1<<52) - 1)
	}
}

// orthonormal is modified Gram-Schmidt on the columns; one without a direction of its own becomes 0.
func orthonormal(left []float64, m, r int) {
	length := func(k int) float64 {
		sum := 0.0
		for i := 0; i < m; i++ {
			sum += left[i*r+k] * left[i*r+k]
		}
		return math.Sqrt(sum)
	}
	for k := 0; k < r; k++ {
		before := length(k)
		for j := 0; j < k; j++ {
			along := 0.0
			for i := 0; i < m; i++ {
				along += left[i*r+j] * left[i*r+k]
			}
			for i := 0; i < m; i++ {
				left[i*r+k] -= along * left[i*r+j]
			}
		}
		scale := 0.0
		if after := length(k); after > leastShare*before && !math.IsInf(1/after, 0) {
			scale = 1 / after
		}
		for i := 0; i < m; i++ {
			left[i*r+k] *= scale
		}
	}
}

func (c *compressor[E]) addLowRank(p *tensor.Part, t *tensor.Info, octets []byte, to []E, factor E) {
	m, n, r := t.Rows(), t.Row(), p.Count
	dtype := c.layout.DType()
	for i := 0; i < m; i++ {
		row := to[i*n : (i+1)*n]
		for k := 0; k < r; k++ {
			u := factor * E(tensor.Get(dtype, octets, i*r+k))
			first := m*r + k*n
			for j := range row {
				row[j] += u * E(tensor.Get(dtype, octets, first+j))
			}
		}
	}
}
