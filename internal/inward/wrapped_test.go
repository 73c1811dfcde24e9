package inward

import "testing"

func TestFind(t *testing.T) {
	for v, want := range map[string]struct{ inward, grave bool }{
		"http://169.254.169.254/latest/meta-data/":                       {true, true},
		"http://2852039166/":                                             {true, true},
		"http://0xA9FEA9FE/":                                             {true, true},
		"http://0251.0376.0251.0376/":                                    {true, true},
		"http://[::ffff:169.254.169.254]/":                               {true, true},
		"http://user@169.254.169.254:80/":                                {true, true},
		"http%3A%2F%2F169.254.169.254%2F":                                {true, true},
		"http%253A%252F%252F169.254.169.254":                             {true, true},
		"http://%31%36%39.254.169.254/":                                  {true, true},
		"//169.254.169.254/latest":                                       {true, true},
		"http:\\\\169.254.169.254/":                                      {true, true},
		"http:/169.254.169.254/":                                         {true, true},
		" ht\ttp://169.254.169.254/":                                     {true, true},
		"http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/":                                        {true, true},
		"http://１６９。２５４。１６９。２５４/":                                        {true, true},
		"169.254.169.254":                                                {true, true},
		"metadata.google.internal":                                       {true, true},
		"aHR0cDovLzE2OS4yNTQuMTY5LjI1NC8=":                               {true, true},
		`{"callback":{"url":"http://169.254.169.254/x"}}`:                {true, true},
		"<loc>https://ok.example/</loc><u>http://10.0.0.8/x</u>":         {true, false},
		"gopher://127.0.0.1:6379/_x":                                     {true, true},
		"file:///etc/passwd":                                             {true, true},
		"jar:http://x.example!/":                                         {true, true},
		"http://127.1/":                                                  {true, false},
		"https://db.internal/x":                                          {true, false},
		"http://10.1.2.3.nip.io/":                                        {true, false},
		"https://hooks.partner.example/waywarden?x=http://other.example": {false, false},
		"https://203.0.113.7/cb":                                         {false, false},
		"10.0.0.1":                                                       {false, false},
		"myapp://login/callback":                                         {false, false},
		"note: call back":                                                {false, false},
		"https:secure":                                                   {false, false},
		"{\"a\":\"b\"}":                                                  {false, false},
		"100%25 sure":                                                    {false, false},
		"instance 7":                                                     {false, false},
	} {
		kind, why := Find(v)
		if (kind != None) != want.inward || (kind >= Metadata) != want.grave {
			t.Errorf("%q: %d, %q", v, kind, why)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Find("an ordinary value of a field")
	}
}
