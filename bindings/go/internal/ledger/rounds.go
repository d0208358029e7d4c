package ledger

// Place is an epoch and a version in it.
type Place struct{ Epoch, Version uint64 }

// Newer tells whether p comes after other; both are of one instance.
func (p Place) Newer(other Place) bool {
	return p.Epoch > other.Epoch || p.Epoch == other.Epoch && p.Version > other.Version
}

// Rounds knows which round of policy bsp a worker takes part in, and whether that round ended without
// a version: then a newer version is not worth waiting for (rule O-7). Its zero value has heard nothing.
type Rounds struct {
	Over bool // the round that was answered ended, and the version stayed

	at    Place  // where the newest round that was heard of was told
	round uint64 // that round
	base  Place  // what the worker computes or has computed from
	taken uint64 // round of a gradient that is made from it; 0: not known
}

// Hear takes in that a round is open at a place; 0: none was told.
func (r *Rounds) Hear(at Place, round uint64) {
	if round == 0 {
		return
	}
	r.at, r.round = at, round
	if at != r.base {
		return
	}
	if r.taken > 0 && round > r.taken {
		r.Over = true
	} else {
		r.taken = round
	}
}

// open is the round that is open at a place; 0: not known. Between two versions of an epoch as many
// rounds pass as versions, and those that were told of.
func (r *Rounds) open(at Place) uint64 {
	if r.round == 0 || at.Epoch != r.at.Epoch || at.Version < r.at.Version {
		return 0
	}
	return r.round + at.Version - r.at.Version
}

// Passed takes in that a step was not made, or was dropped, at a place.
func (r *Rounds) Passed(at Place) {
	if round := r.open(at); round > 0 {
		r.Hear(at, round+1)
	}
	if at == r.base {
		r.Over = true
	}
}

// Take says that the worker takes this place as its base, or sends a gradient that is made from it:
// what passed before is no news.
func (r *Rounds) Take(at Place) {
	r.base = at
	r.Over = false
	r.taken = r.open(at)
}

// Forget says that another process answers, whose rounds begin anew.
func (r *Rounds) Forget() { r.at, r.round, r.taken = Place{}, 0, 0 }

// Open is the round that a gradient from the base takes part in, as far as is known; 0: it is not.
func (r *Rounds) Open() uint64 {
	if r.taken > 0 {
		return r.taken
	}
	return r.round
}
