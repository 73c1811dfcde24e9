package world

import "time"

// A Walk is somebody at an interface for a while: calls one after the other, time passing between.
type Walk struct {
	w      *World
	Now    time.Time
	At     *surface
	Who    *Person
	Device *Device
	IP     string
	Cred   *Credential
	Pace   float64 // seconds between calls, about
}

// Walk begins a visit, signed in. Who roams may be behind a carrier.
func (w *World) Walk(p *Person, s *surface, t time.Time) *Walk {
	k := w.Guest(p.Devices[0], s, t)
	if len(p.Devices) > 1 && w.Chance(0.3) {
		k.Device = p.Devices[1]
		k.IP = w.reach(k.Device)
	}
	k.Who = p
	k.Enter()
	return k
}

// Guest begins a visit that is not signed in.
func (w *World) Guest(dev *Device, s *surface, t time.Time) *Walk {
	return &Walk{w: w, Now: t, At: s, Device: dev, IP: w.reach(dev), Pace: 3}
}

func (w *World) reach(dev *Device) string {
	if dev.Roams && w.Chance(0.45) {
		return w.Address("mobile")
	}
	return dev.Home
}

// Machine begins a visit of a program with a standing credential.
func (w *World) Machine(p *Person, s *surface, t time.Time) *Walk {
	k := w.Guest(p.Devices[0], s, t)
	k.Who, k.Pace = p, 0.3
	if s.Login != s || s.Has("login") {
		k.Enter()
		return k
	}
	if p.Creds[s] == nil {
		p.Creds[s] = w.Issue(s, p, t)
	}
	k.Cred = p.Creds[s]
	return k
}

// Enter signs in, or goes on with what is still valid, or renews it.
func (k *Walk) Enter() {
	w, p := k.w, k.Who
	c := p.Creds[k.At]
	switch {
	case c != nil && k.Now.Add(5*time.Minute).Before(c.Expires):
		k.Cred = c
		return
	case c != nil && k.At.Login.Has("refresh") && k.At.Auth != "cookie" && k.Now.Sub(c.Expires) < 12*24*time.Hour:
		k.Through(k.At.Login, func() {
			args := Node{{"refresh token", "refresh_token", c.Refresh}}
			if k.At.Dialect.oauth {
				args = Node{{"=refresh_token", "refresh_token", c.Refresh}, {"=client_id", "", k.clientID()}}
			}
			n := w.Issue(k.At, k.Who, k.Now)
			k.Send(Exchange{Op: "refresh", Args: args, Reply: n.reply(k, false)})
			k.Cred = n
		})
	default:
		if w.Chance(0.04) && w.Mark == nil { // mistyped
			k.SignIn(p.Email, w.Secret(9), false)
			k.Wait(4, 15)
		}
		k.SignIn(p.Email, p.Password, true)
		p.Creds[k.At] = k.Cred
		k.Try("vehicles", nil) // who just signed in is shown what there is
	}
	p.Creds[k.At] = k.Cred
}

// at lets what f does happen at another interface.
func (k *Walk) Through(s *surface, f func()) {
	mine, cred := k.At, k.Cred
	k.Cred = nil
	issuing := *s // the issuer answers for the interface the token is for
	issuing.Auth, issuing.key, issuing.life, issuing.Name = mine.Auth, mine.key, mine.life, mine.Name
	issuing.Login = s
	k.At = &issuing
	f()
	k.At = mine
	if k.Cred == nil {
		k.Cred = cred
	}
}

// clientID is the program that the interface knows the visitor by.
func (k *Walk) clientID() string {
	if k.At.Name == "app" {
		return k.w.App
	}
	return k.At.Name + "-web"
}

// SignIn tries a name and a password.
func (k *Walk) SignIn(name, password string, right bool) *Record {
	w := k.w
	var r *Record
	k.Through(k.At.Login, func() {
		args := Node{{"email", "email", name}, {"password", "", password}}
		if k.At.Dialect.oauth {
			args = Node{{"=client_id", "", k.clientID()}, {"=username", "email", name}, {"=password", "", password}}
		}
		if !right {
			r = k.Send(Exchange{Op: "login", Args: args, Status: 401})
			return
		}
		c := w.Issue(k.At, k.Who, k.Now)
		r = k.Send(Exchange{Op: "login", Args: args, Reply: c.reply(k, true), edit: func(r *Record) {
			if k.At.Auth == "cookie" {
				r.Response.Headers["set-cookie"] = k.At.key + "=" + c.Value + "; Path=/; HttpOnly; Secure"
			}
		}})
		k.Cred = c
	})
	k.Wait(0.2, 1.5)
	return r
}

// reply is what an issuer answers.
func (c *Credential) reply(k *Walk, who bool) Node {
	var n Node
	if k.At.Auth != "cookie" {
		n = Node{{"access token", "access_token", c.Value}, {"refresh token", "refresh_token", c.Refresh}, {"expires in", "", int(k.At.life.Seconds())}}
		if k.At.Dialect.oauth {
			n = Node{{"=access_token", "access_token", c.Value}, {"=token_type", "", "Bearer"}, {"=refresh_token", "refresh_token", c.Refresh}, {"=expires_in", "", int(k.At.life.Seconds())}}
		}
	}
	if who && (k.At.Auth != "jwt" || !k.At.Dialect.oauth) {
		n = append(n, Field{"user id", "person_id", k.Who.ID}, Field{"role", "", k.Who.Role})
	}
	return n
}

// Send makes one call with what the visitor holds.
func (k *Walk) Send(x Exchange) *Record {
	if x.cred == nil {
		x.cred = k.Cred
	}
	r := k.w.send(k, x)
	k.Now = k.Now.Add(k.w.Span(0.05, 0.2))
	return r
}

// Do calls an operation on a thing, and is answered.
func (k *Walk) Do(op string, o *Thing, args ...Field) *Record {
	r := k.Send(Exchange{Op: op, Obj: o, Args: args, Reply: k.w.Answer(k, op, o)})
	k.happens(op, o)
	k.Wait(0.4*k.Pace, 2*k.Pace)
	return r
}

// happens lets the effect of a command show in the vehicle.
func (k *Walk) happens(op string, o *Thing) {
	if o == nil || o.vehicle == nil || o.Kind != "vehicle" {
		return
	}
	v := o.vehicle
	switch op {
	case "unlock", "lock":
		v.locked = op == "lock"
	default:
		return
	}
	k.w.Signal(v, k.Now.Add(k.w.Span(1, 4)))
}

// Refused calls an operation and is not answered.
func (k *Walk) Refused(op string, o *Thing, status int, args ...Field) *Record {
	r := k.Send(Exchange{Op: op, Obj: o, Args: args, Status: status})
	k.Wait(0.4*k.Pace, 2*k.Pace)
	return r
}

// Open calls an operation without any credential.
func (k *Walk) Open(op string, o *Thing, args ...Field) *Record {
	c := k.Cred
	k.Cred = nil
	defer func() { k.Cred = c }()
	return k.Do(op, o, args...)
}

// Wait lets some seconds pass, between two numbers.
func (k *Walk) Wait(from, to float64) { k.Now = k.Now.Add(k.w.Span(from, to)) }

// Command has a vehicle do something and asks how it went where the interface works that way.
func (k *Walk) Command(op string, v *Vehicle, args ...Field) {
	if !k.At.Has(op) {
		return
	}
	k.Do(op, &v.Thing, args...)
	if k.At.Dialect.async && k.At.Has("command") {
		c := k.w.command
		for range 1 + k.w.Rng.IntN(2) {
			k.Wait(1, 3)
			k.Send(Exchange{Op: "command", Obj: c, Reply: Node{{"command id", "request_id", c.ID}, {"status", "", "done"}}})
		}
	}
}

// Try does what the interface can.
func (k *Walk) Try(op string, o *Thing, args ...Field) {
	if k.At.Has(op) {
		k.Do(op, o, args...)
	}
}

// CommandWith keeps commands of people apart: who has one running waits.
func (k *Walk) CommandWith(op string, v *Vehicle, args ...Field) {
	if k.Now.Before(v.Busy) || !v.Free(k.Now, 2*time.Minute, 2*time.Minute) {
		return
	}
	k.Command(op, v, args...)
	v.Busy = k.Now
}

// GuestOf is a visit of somebody that leaves no trace: to ask what would be answered.
func (w *World) GuestOf(p *Person, s *surface, t time.Time) *Walk {
	return &Walk{w: w, Who: p, At: s, Now: t}
}
