package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
)

const (
	pixels, classes = 64, 10
	darkest         = 16
	batch           = 32   // images a gradient
	noise           = 0.35 // by how much a pixel of a training image is moved at most
	heldOut         = 5    // one image in so many is kept for a test
)

type image struct {
	pixels [pixels]float32
	label  int
}

// loadImages reads the images to train on: all but every fifth of each class, in the order in which every
// program that uses them holds them out.
func loadImages(path string) ([]image, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader := csv.NewReader(file)
	reader.FieldsPerRecord = pixels + 1
	lines, err := reader.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	byClass := make([][]image, classes)
	for i, line := range lines {
		var one image
		for k := range pixels {
			number, err := strconv.ParseUint(line[k], 10, 8)
			if err != nil || number > darkest {
				return nil, fmt.Errorf("%s:%d: %q is no pixel", path, i+1, line[k])
			}
			one.pixels[k] = float32(number) / darkest
		}
		if one.label, err = strconv.Atoi(line[pixels]); err != nil || one.label < 0 || one.label >= classes {
			return nil, fmt.Errorf("%s:%d: %q is no digit", path, i+1, line[pixels])
		}
		byClass[one.label] = append(byClass[one.label], one)
	}
	random := splitMix(1)
	var train []image
	at := 0
	for _, list := range byClass {
		for i := len(list); i > 1; i-- {
			j := int(random.next() % uint64(i))
			list[i-1], list[j] = list[j], list[i-1]
		}
		for _, one := range list {
			if at%heldOut != 0 {
				train = append(train, one)
			}
			at++
		}
	}
	return train, nil
}

// splitMix is the generator that decides which images are held out.
type splitMix uint64

func (s *splitMix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// batches gives the images of one part, shuffled anew when they have all been seen, each time with noise.
type batches struct {
	images []image
	random *rand.Rand
	at     int
	batch  [batch]image
}

func newBatches(train []image, part, parts int) (*batches, error) {
	b := &batches{random: rand.New(rand.NewPCG(1, uint64(part)))}
	for i := part; i < len(train); i += parts {
		b.images = append(b.images, train[i])
	}
	if len(b.images) < batch {
		return nil, fmt.Errorf("%d parts of %d images are too small for batches of %d", parts, len(train), batch)
	}
	b.at = len(b.images)
	return b, nil
}

func (b *batches) next() []image {
	if len(b.images)-b.at < batch {
		b.random.Shuffle(len(b.images), func(i, j int) { b.images[i], b.images[j] = b.images[j], b.images[i] })
		b.at = 0
	}
	b.at += copy(b.batch[:], b.images[b.at:])
	for i := range b.batch {
		for k := range b.batch[i].pixels {
			b.batch[i].pixels[k] += noise * float32(2*b.random.Float64()-1)
		}
	}
	return b.batch[:]
}
