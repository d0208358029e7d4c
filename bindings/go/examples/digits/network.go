package main

import "math"

const (
	hidden = 128
	//  Where the tensors begin in the packed model: hidden.weight, hidden.bias, output.weight, output.bias.
	// A weight has a row for each of its layer's outputs.
	hiddenBias   = hidden * pixels
	outputWeight = hiddenBias + hidden
	outputBias   = outputWeight + classes*hidden
	parameters   = outputBias + classes
)

// network is one hidden layer, rectified linear, then softmax, trained on cross entropy.
type network struct {
	slope []float32 // the gradient, packed like the parameters
	below [hidden]float32
}

func newNetwork() *network { return &network{slope: make([]float32, parameters)} }

// gradient leaves the gradient of the mean loss in slope, and gives the loss.
func (n *network) gradient(p []float32, images []image) float64 {
	clear(n.slope)
	loss := 0.0
	for i := range images {
		loss += n.add(p, &images[i], 1/float32(len(images)))
	}
	return loss / float64(len(images))
}

// add adds one image's share of the gradient, and gives its loss.
func (n *network) add(p []float32, one *image, share float32) float64 {
	var active [hidden]float32
	for j := range active {
		row := p[j*pixels : (j+1)*pixels]
		sum := p[hiddenBias+j]
		for k, x := range one.pixels {
			sum += row[k] * x
		}
		active[j] = max(sum, 0)
	}
	var scores [classes]float64
	most := math.Inf(-1)
	for j := range scores {
		row := p[outputWeight+j*hidden : outputWeight+(j+1)*hidden]
		sum := p[outputBias+j]
		for k, x := range active {
			sum += row[k] * x
		}
		scores[j] = float64(sum)
		most = max(most, scores[j])
	}
	sum := 0.0
	for _, score := range scores {
		sum += math.Exp(score - most)
	}
	loss := math.Log(sum) + most - scores[one.label]
	clear(n.below[:])
	for j := range scores {
		off := float32(math.Exp(scores[j]-most) / sum)
		if j == one.label {
			off--
		}
		n.addOutput(p, j, off*share, &active)
	}
	for j, off := range n.below {
		if active[j] <= 0 {
			continue
		}
		row := n.slope[j*pixels : (j+1)*pixels]
		for k, x := range one.pixels {
			row[k] += off * x
		}
		n.slope[hiddenBias+j] += off
	}
	return loss
}

// addOutput adds what output j is off to its weights, its bias and the layer below.
func (n *network) addOutput(p []float32, j int, off float32, active *[hidden]float32) {
	first := outputWeight + j*hidden
	row, slope := p[first:first+hidden], n.slope[first:first+hidden]
	for k, x := range active {
		slope[k] += off * x
		n.below[k] += off * row[k]
	}
	n.slope[outputBias+j] += off
}
